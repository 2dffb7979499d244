extension Talk {
  static let astronomy = Talk(
    key: "astronomy", language: "en", title: "Reading the night sky without a telescope",
    text: """
      Good evening, and thank you for coming out on such a cold night. Tonight we will
      read the sky with nothing but our eyes, the way people did for most of human
      history. You do not need a telescope to begin, and you do not need a dark desert
      either. Give your eyes twenty minutes away from any screen, because that is how
      long the retina needs to become sensitive. After that a surprising number of stars
      appears even above a town.

      Start with the Plough, the seven bright stars that look like a saucepan. The two
      stars at the end of the pan are called the pointers, and a line through them leads
      to Polaris, the north star. Polaris is not especially bright, but it hardly moves,
      because the axis of the Earth points almost exactly at it. All other stars turn
      around it once in about twenty-four hours. Sailors used that fact to find their
      latitude long before there were good clocks.

      Stars twinkle and planets mostly do not. A star is so far away that it is only a
      point of light, and every ripple of warm air bends that point a little. A planet
      is a tiny disc, and the ripples average out across the disc. So if you see a
      bright steady light near the path of the sun, you are probably looking at Venus,
      Jupiter or Saturn. With ordinary binoculars Jupiter shows four moons in a row, and
      they change places from one evening to the next.

      The colour of a star tells you its temperature. Betelgeuse, the shoulder of Orion,
      is orange because its surface is only about three thousand five hundred degrees.
      Rigel, the foot of Orion, is blue and white and more than three times as hot.
      Betelgeuse is so large that if it took the place of our sun, it would swallow the
      orbit of Mars. One day it will collapse and explode as a supernova, and for some
      weeks it may be visible in daylight.

      On a night without a moon look for a pale band from one horizon to the other.
      That is the Milky Way, our own galaxy seen from inside, and every bit of its glow
      is stars too faint to be told apart. In late summer the Milky Way passes right
      overhead, through the Swan and the Eagle, and a dark lane of dust runs along its
      middle. If you have never seen the Milky Way, you have only been too close to a
      street lamp.

      People often ask me how far away all this is. Light needs eight minutes from the
      sun and a little more than four years from the nearest star. The faint smudge of
      the Andromeda galaxy is two and a half million light years away, and it is the
      most distant thing you can see without any instrument. When that light set out,
      nobody was there to be called human. Looking up is always looking back in time.

      Before you go home, let me suggest a habit. Choose one bright star and look at it
      every clear evening at the same hour for a month. You will see it move to the
      west, four minutes earlier every day, two hours earlier after a month. That slow
      clock is the Earth travelling around the sun, and you have just measured it
      yourself. Astronomy begins the moment you notice that something has moved.
      """)
}
