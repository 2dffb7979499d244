extension Talk {
  static let walking = Talk(
    key: "walking", language: "en", title: "Walking across a country, one day at a time",
    text: """
      I am often asked how one prepares to walk across a whole country, and the truth is
      that you prepare by walking to the bakery. The first time I carried a full
      rucksack I came home after six kilometres with blisters on both heels. A month
      later the same road felt short. The body learns quickly if you let it, and it
      complains loudly if you hurry. So start small, and start tomorrow.

      Weight is everything. Lay out all that you want to take, and then put back half of
      it. The three heaviest things are the tent, the sleeping bag and the rucksack
      itself, and together they should stay below four kilograms. You need two sets of
      clothes, one to walk in and one to sleep in. Every traveller I met on the road was
      sending something home by post, and not one was asking for more.

      Look after your feet before they ask you to. Shoes should be half a size larger
      than usual, because feet swell during a long day. Take off shoes and socks at
      every rest and let them dry in the sun. The moment you feel a hot spot, stop and
      cover it with tape, even if the group is waiting. A blister that is prevented
      costs two minutes, and a blister that is ignored costs two days.

      Maps are for planning and eyes are for walking. In the evening I look at the next
      stage and note the water, the steep parts and the last shop. During the day I
      follow the path and the light. If the way seems wrong, go back to the last place
      where you were certain, and do not try a short cut through the bushes. All my
      worst adventures began with the words it must be over there.

      You will meet weather, and you will meet people. Against the rain it helps to
      accept that you will be wet, and to keep one thing dry no matter what, which is
      the sleeping bag. With people it helps to ask for water even when you have some. A
      conversation at a garden gate has given me more good advice than any guide book.
      Once it gave me a bed, a bowl of cherries and the story of a bridge that was no
      longer there.

      After three weeks something changes. The days stop being a list of kilometres, and
      you notice the height of the grass, the smell before rain and the sound of
      different woods. You begin to think in walking pace, which is about the speed at
      which thoughts arrive by themselves. When I reached the sea I sat down and did not
      know what to do with the afternoon. Then I took off my shoes and walked a little
      farther along the beach.
      """)
}
