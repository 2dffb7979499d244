extension Talk {
  static let memory = Talk(
    key: "memory", language: "en", title: "How to remember what you read",
    text: """
      How much do you remember of the last book you read? If you are like me, it is one
      scene, one feeling and the colour of the cover. That is not a fault of your
      memory. The brain keeps what is used and lets the rest go, and it decides mainly
      by one question: was this ever needed again? So if we want to remember, we have to
      need things again, on purpose.

      The first method is called retrieval. After each chapter close the book and write
      down on a blank page what it said, without looking. It feels clumsy and slow, and
      many people prefer to read the chapter twice with a yellow marker. In experiments
      the second group is more confident and remembers less. The effort of pulling
      something out of memory is exactly what makes it stick.

      The second method is spacing. Ten minutes on five days are worth more than fifty
      minutes on one. Each time you have almost forgotten something and then recover it,
      the next forgetting is slower. A simple box of cards does the work: cards you know
      move one compartment back, and cards you miss return to the front. Look at the
      first compartment every day, the second every third day, the third every week.

      The third method is older than printing. Imagine a house that you know well and
      walk through it in your mind, and in every room put a picture that stands for
      something you want to keep. The stranger the picture, the better it holds. Greek
      speakers gave speeches of several hours in this way, and memory champions still
      do. It works because our sense of place is much older than our sense of lists.

      Sleep is not wasted time. During the night the brain plays back the day at high
      speed and moves a part of it into long storage. Students who sleep after learning
      do better than those who stay awake and revise. A short nap of twenty minutes
      already helps. So the worst thing you can do before an examination is to learn all
      night.

      Let me add a warning about notes. Typing everything that a speaker says is
      stenography and not learning. Write less, in your own words, and leave a wide
      margin for questions. In the evening try to answer the questions from the margin
      with the rest covered. If you remember only one sentence from this talk, let it be
      this: testing yourself is not how learning is measured, it is how learning
      happens.
      """)
}
