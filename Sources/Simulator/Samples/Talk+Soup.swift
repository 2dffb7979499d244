extension Talk {
  static let soup = Talk(
    key: "soup", language: "en", title: "Three soups for a week of rain",
    text: """
      It has been raining since Monday, so let us cook soup. A good soup is not made of
      leftovers, it is made of attention. I will show you three of them: a lentil soup
      that is ready in half an hour, a clear chicken broth that takes all afternoon, and
      a tomato soup with roasted peppers. All three begin with the same gesture, which
      is an onion cut small and softened slowly in oil. Give the onion ten full minutes,
      because sweetness cannot be hurried.

      For the lentils add a carrot, a stick of celery and two cloves of garlic to the
      onion. Then come cumin and a little smoked paprika, stirred in the hot oil for one
      minute, since spices give their aroma to fat and not to water. Add a cup of red
      lentils and four cups of water, and let it simmer for twenty minutes. Salt goes in
      at the end, together with the juice of half a lemon. If a soup tastes flat, it
      nearly always wants acid and not salt.

      The broth is a lesson in patience. Cover a chicken with cold water, bring it up
      slowly, and take away the grey foam that rises. Then turn down the heat until only
      one bubble at a time comes to the surface. A boiling broth becomes cloudy, a
      trembling one stays clear. After three hours strain it, let it stand in the cold
      overnight, and lift off the fat, which is wonderful for frying potatoes.

      For the tomato soup we use the oven. Halve a kilo of ripe tomatoes and three red
      peppers, lay them on a tray with olive oil and a few sprigs of thyme, and roast
      them until the edges turn black. Slip off the skins of the peppers, put everything
      into the pot with the onion, add a little of the broth from yesterday and blend
      it. A spoonful of vinegar wakes it up. Serve it with toasted bread and a thread of
      cream.

      People are afraid of blending hot soup, and they are right. Fill the jar only
      halfway, open the small hole in the lid, hold a towel over it and start at the
      lowest speed. Steam expands, and a full jar can throw off its lid. A stick blender
      in a deep pot is safer. If you want the soup silky, press it through a fine sieve
      afterwards.

      Every one of these soups is better on the second day. Cool it quickly, put it in
      the fridge within two hours, and bring it to the boil when you warm it up. The
      broth can be frozen in ice cube trays, and then you always have a little flavour
      at hand. Label the boxes, because all frozen soup looks the same in March. And now
      please taste, before I eat it all myself.
      """)
}
