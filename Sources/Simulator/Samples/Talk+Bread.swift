extension Talk {
  static let bread = Talk(
    key: "bread", language: "en", title: "A patient loaf: flour, water, salt and time",
    text: """
      Welcome to the bakery. Bread is made of four things, flour, water, salt and time,
      and time is the one most people leave out. Today we make a loaf that rises slowly
      overnight, so that the dough can do most of the work while we sleep. A long
      fermentation gives the crumb its flavour and makes the crust crackle. I will show
      you every step, and I will also show you the mistakes I still make.

      We begin with the starter, a culture of wild yeast and bacteria that lives in
      flour and water. Feed it in the evening with equal weights of flour and water, and
      in the morning it should be full of bubbles and smell a little like yoghurt. If a
      spoonful of starter floats on water, it is ready. If it sinks, wait another hour,
      and be kind to it. A starter that has been neglected in the fridge for a month
      usually comes back to life after three feedings.

      Mix five hundred grams of flour with three hundred and fifty grams of water and
      let it stand for forty minutes before you add the salt. Bakers call this rest the
      autolyse. The flour drinks the water, the gluten begins to form by itself, and you
      save ten minutes of kneading. Then add ten grams of salt and one hundred grams of
      starter, and squeeze everything together with wet hands. Sticky dough is not a
      failure, it is simply dough that has not been folded yet.

      Now we fold instead of kneading. Take one side of the dough, stretch it upwards
      until it resists, and lay it over the middle, and do the same from all four sides.
      Repeat this every half hour, four times in all. You will feel how the dough
      becomes smooth and begins to hold its shape. By the fourth fold it should wobble
      like a jelly when you shake the bowl.

      Shape the loaf gently, because the bubbles you keep now are the holes you will see
      tomorrow. Put it upside down into a basket dusted with rice flour and leave it in
      the fridge overnight. The cold slows the yeast but lets the bacteria carry on, and
      that is where the sour note comes from. In the morning heat the oven as hot as it
      will go, with an iron pot inside. Score the loaf with a razor blade so that it
      knows where to open.

      Bake for twenty minutes with the lid on and twenty-five without it. The lid keeps
      the steam inside, the surface stays soft, and the loaf can still grow. When the
      lid comes off, the crust dries and turns a deep chestnut brown. Knock on the
      bottom, and if it sounds hollow, it is done. The hardest part comes last: let it
      cool for an hour before you cut it, because the crumb is still setting while it is
      warm.
      """)
}
