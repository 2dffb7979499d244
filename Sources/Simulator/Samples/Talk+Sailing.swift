extension Talk {
  static let sailing = Talk(
    key: "sailing", language: "en", title: "Wind, tide and a small boat",
    text: """
      This is a talk for people who have looked at a sailing boat and wondered how it
      can go against the wind. The short answer is that it cannot, not directly, but it
      can go a little to the left of the wind and then a little to the right. A sail is
      a wing standing on its end. Air flows faster around the curved side, the pressure
      there drops, and the sail is pulled forward and sideways. The keel under the boat
      refuses to go sideways, so forward is all that is left.

      Every course has a name. When the wind comes from behind we are running, when it
      comes from the side we are reaching, and when we point as close to it as we can we
      are beating. Reaching is the fastest and the most comfortable, and beginners are
      often surprised by that. Turning the bow through the wind is called tacking, and
      turning the stern through it is called a jibe. A careless jibe in strong wind
      swings the boom across the boat with enough force to hurt somebody, so we always
      call it out before we do it.

      Reefing means making the sail smaller, and the right time to do it is the first
      time you think about it. If you wait until you are sure, you will be doing it in
      bigger waves with cold hands. A boat with too much sail leans over, drags its
      rudder and becomes slow and hard to steer. With one reef it stands up again and
      very often goes faster. Nobody was ever sorry for reefing too early.

      The tide is the other engine. In narrow channels the stream can run faster than a
      small boat sails, and then the timetable is written by the moon. Twice a day the
      water rises and twice it falls, and the strongest current runs in the middle of
      those hours. We plan the passage so that the stream carries us, and we anchor and
      cook lunch when it turns against us. A paper tide table never runs out of battery.

      Let us talk about getting lost. Before satellites, sailors kept a running estimate
      of their position from speed, heading and time, and called it dead reckoning. I
      still do it once an hour with a pencil, because it takes one minute and because
      electronics fail in salt water. Take a bearing on a lighthouse and another on a
      church tower, draw both lines, and you are where they cross. Three lines make a
      small triangle, and the size of that triangle tells you how honest you have been.

      The last thing is the harbour. Come in slowly, with fenders and ropes ready on
      both sides, and look at the flags to see what the wind does between the houses. If
      the approach goes wrong, go out and try again, because everyone on the pier has
      done the same. Tie the bow line first when the wind blows you off, and the spring
      line first when it pushes you along. Then switch off the engine and listen to how
      quiet it gets.
      """)
}
