extension Talk {
  static let music = Talk(
    key: "music", language: "en", title: "Why some notes sound well together",
    text: """
      I have brought a guitar and a piece of string, and that is all we need tonight.
      When a string is plucked it moves back and forth, and the number of movements in
      one second is what we hear as pitch. Four hundred and forty of them is the note
      that orchestras tune to. If I press the string exactly in the middle, half of it
      vibrates twice as fast. The new note is so similar to the old one that we give it
      the same name, and we call the distance an octave.

      Now I press at one third, and two thirds of the string sound. The two speeds are
      as three to two, and this distance is called a fifth. It sounds open and calm,
      like a bell over a valley. At one quarter we get four to three, which is a fourth.
      The Greeks were so delighted by these small numbers that they thought the planets
      must be tuned in the same way.

      A string never makes only one note. It vibrates as a whole, in halves, in thirds
      and in quarters at the same time, and all those higher notes are quietly present.
      We call them overtones. A flute has few of them and sounds round, a violin has
      many and sounds bright, and an oboe has them in a mixture of its own. When two
      notes share many overtones, the ear hears them as belonging together.

      There is a problem hidden in this beauty. If you go up twelve fifths you should
      arrive at the same note as seven octaves, and you almost do. The difference is
      about a quarter of a semitone, and it has annoyed musicians for two thousand
      years. Either some fifths are pure and others howl like wolves, or every fifth is
      made a tiny bit too small. Modern pianos choose the second way and call it equal
      temperament.

      Rhythm is the other half of music. Clap twice with one hand in the time in which
      the other claps three times, and you have the same ratio as the fifth, only slow
      enough to count. It is a strange thought that harmony is rhythm too fast for the
      hands. Drummers in West Africa build whole conversations out of three against two.
      Once you can walk in two and clap in three, you will never be bored while waiting
      for a bus.

      So what makes a melody memorable? Mostly it repeats something, changes it a
      little, and comes home. The ear likes to guess what comes next, to be right most
      of the time and wrong once in a while. Sing a tune that everyone knows and stop
      before the last note, and you will see the whole room lean forward. Thank you for
      leaning forward with me tonight.
      """)
}
