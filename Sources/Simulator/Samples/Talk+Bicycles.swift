extension Talk {
  static let bicycles = Talk(
    key: "bicycles", language: "en", title: "Keeping a bicycle on the road",
    text: """
      Hello everybody, put your bicycle in the stand and let us look at it together. A
      bicycle is the most efficient vehicle that has ever been built, and almost
      everything that makes it slow can be repaired with five tools. You need a pump,
      two tyre levers, a set of hexagon keys, a chain tool and a rag. Today we deal with
      tyres, chain, brakes and gears, in that order. That is also the order in which
      they go wrong.

      A puncture is repaired in ten minutes once you have done it three times. Take the
      wheel out, push one side of the tyre over the rim with the levers, and pull out
      the inner tube. Pump it up and listen, or hold it under water and look for
      bubbles. Roughen the rubber around the hole, spread the solution thinly and wait
      until it is dry to the touch before you press on the patch. Then run your fingers
      carefully around the inside of the tyre, because the thorn that made the hole is
      often still there.

      The chain is the part that people forget. Dirt and oil together make a grinding
      paste, and that paste eats the sprockets. Wipe the chain with a rag, put one drop
      of oil on every roller, turn the pedals backwards for a minute, and wipe again
      until it looks dry. The oil has to be inside the rollers and not outside. When the
      chain has stretched by three quarters of one percent, replace it, because a new
      chain is cheap and a new cassette is not.

      Brakes first, speed second. Rim brakes should touch the rim squarely and release
      it at the same moment on both sides. If the lever comes back to the handlebar, the
      cable has stretched or the pads are worn, and a barrel adjuster can take up the
      slack without any tool. Disc brakes squeal when oil or a greasy finger has touched
      the rotor. Clean it with alcohol, and sand the pads lightly on a flat stone.

      Gears look mysterious, but an indexed derailleur does only one thing: each click
      pulls a fixed length of cable. If the chain hesitates on the way to a larger
      sprocket, the cable is too loose, so turn the adjuster out by half a turn and try
      again. If it hesitates on the way down, the cable is too tight or dirty. The two
      small screws with the letters H and L are limits and not adjustments, and they
      keep the chain out of the spokes. Leave them alone unless the derailleur has been
      bent.

      Finally, the fit. With your heel on the pedal the leg should be just straight, and
      with the ball of the foot on it the knee stays a little bent. A saddle that is too
      low is the most common reason for aching knees. Check the tyre pressure every
      week, since a soft tyre is slow and punctures easily. A bicycle that is looked
      after for ten minutes a month will carry you for twenty years.
      """)
}
