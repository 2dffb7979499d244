extension Talk {
  static let clocks = Talk(
    key: "clocks", language: "en", title: "The long quest for an honest clock",
    text: """
      For most of history nobody needed to know the minute. The day had twelve hours
      from sunrise to sunset, which means that an hour in summer was longer than an hour
      in winter. A sundial shows exactly that, and it never needs repair, but it stops
      at night and under clouds. Water clocks and burning candles filled the gaps. They
      were good enough for prayers and for soldiers changing the guard.

      The mechanical clock appeared in European towers around the year thirteen hundred.
      A falling weight drives a train of wheels, and a clever part called the escapement
      lets the train move only one tooth at a time. That is the tick you hear. Those
      early clocks were wrong by a quarter of an hour each day and had only one hand.
      Still, they changed how people thought, because for the first time every hour had
      the same length.

      Then a young man in Pisa watched a lamp swing in the cathedral and noticed that
      wide swings and narrow swings took the same time. Galileo never built the clock
      that followed from it, but Christiaan Huygens did. With a pendulum the daily error
      fell from fifteen minutes to fifteen seconds. A minute hand suddenly made sense.
      Astronomers could now write down when something happened and be believed.

      On a ship the pendulum is useless, and yet that is where an honest clock mattered
      most. The Earth turns by fifteen degrees every hour, so whoever knows the time at
      home and the noon on board knows his longitude. In seventeen fourteen the British
      parliament promised a fortune to anyone who solved it. John Harrison, a carpenter
      without a degree, spent forty years on it. His fourth timekeeper looked like a
      large pocket watch and lost five seconds on the way to Jamaica.

      Today the clock on your wall counts the vibrations of a quartz crystal, thirty-two
      thousand seven hundred and sixty-eight in every second. That odd number is two
      multiplied by itself fifteen times, which makes it easy to count with electronic
      switches. Better still is the caesium atom, which has no moving parts and never
      wears out. Nine billion of its oscillations are the definition of the second. The
      best atomic clocks would have lost less than a second since the beginning of the
      universe.

      And why does it matter? Satellite navigation measures how long a radio signal
      takes, and light travels thirty centimetres in one billionth of a second. The
      clocks on the satellites have to be corrected for relativity, since they tick
      faster in weaker gravity. Without that correction your position would drift by ten
      kilometres a day. So every time a telephone shows you the way, it is asking four
      honest clocks what time it is.
      """)
}
