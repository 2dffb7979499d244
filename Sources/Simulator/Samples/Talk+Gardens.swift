extension Talk {
  static let gardens = Talk(
    key: "gardens", language: "en", title: "A garden that looks after itself",
    text: """
      Every garden begins with the soil, and the soil begins with what lives in it. In
      one teaspoon of good earth there are more living things than there are people on
      this planet. Earthworms, fungi and bacteria turn dead leaves into food for plants,
      and all they ask of us is that we do not disturb them too often. So the first rule
      of this garden is to dig as little as possible. The second rule is to keep the
      ground covered.

      Compost is not difficult, it is only a question of balance. Mix something green,
      such as grass clippings and kitchen scraps, with something brown, such as dry
      leaves or torn cardboard. Too much green makes it wet and smelly, too much brown
      makes it sleep. Turn the heap when it cools down, and keep it as moist as a wrung
      sponge. After half a year you have dark crumbs that smell of forest.

      Mulch is the blanket of the garden. Five centimetres of straw, leaves or wood
      chips keep the water in, keep the weeds down, and feed the worms from above. In a
      dry summer a mulched bed needs half the watering. Leave a little space around the
      stems, because a wet collar invites rot and slugs. In spring I push the mulch
      aside so that the sun can warm the soil.

      Water deeply and seldom. If you sprinkle a little every evening, the roots stay
      near the surface and suffer in the first hot week. A long watering once in several
      days teaches the roots to go down. Collect the rain from the roof in a barrel,
      because plants prefer soft water at the temperature of the air. The best time is
      early in the morning, when less of it evaporates.

      Think of your plants as neighbours. Beans take nitrogen from the air and leave
      some of it for the cabbages that follow. Marigolds and onions confuse the insects
      that look for carrots by their smell. Never grow tomatoes in the same bed two
      years running, since the diseases wait in the soil. I keep a small notebook with a
      plan of the beds, and it is the most useful tool I own.

      And please leave one corner wild. A pile of branches gives a home to hedgehogs, a
      flat dish of water with stones in it serves the bees, and nettles feed the
      caterpillars of several butterflies. When aphids arrive, wait a week before you do
      anything. The ladybirds need time to notice the feast. A garden that looks after
      itself is mostly a garden whose owner has learned to wait.
      """)
}
