extension Talk {
  static let rivers = Talk(
    key: "rivers", language: "en", title: "How a river makes its own valley",
    text: """
      Stand on any bridge and look down, and you are looking at a machine that moves
      mountains. A river is gravity at work, carrying water, sand and stones from high
      ground to low. In its upper course it cuts downwards and makes a valley in the
      shape of the letter V. In its lower course it swings from side to side and builds
      the plain it flows across. The same water does both, and only the slope is
      different.

      A bend in a river never stays the same. The current runs faster along the outside
      of the curve and digs into the bank, and it runs slower along the inside, where it
      drops its sand. So the bend grows wider every year, and wanders downstream, and we
      call it a meander. In a flood the river sometimes breaks through the narrow neck
      between two bends. The old loop is left behind as a lake shaped like a horseshoe,
      and after a few centuries it becomes a meadow.

      Floods are not accidents, they are how a river breathes. The plain on both sides
      is the part of the bed that is used only now and then. Every flood leaves a thin
      layer of mud, and that mud is the reason why the first farmers settled there. When
      we straighten a river and build walls along it, the water rises faster and reaches
      the next town sooner. Giving a river some of its meadows back is often cheaper
      than a higher wall.

      Stones tell you how far they have travelled. Near the source they are angular and
      large, and every kilometre of rolling makes them rounder and smaller. By the time
      they reach the sea, most of them are sand. If you find granite pebbles in a valley
      made of limestone, then the river has brought them from somewhere else, or a
      glacier has. Geologists follow such pebbles upstream like detectives.

      Where the river meets the sea it slows down and lets everything fall. If the waves
      and tides are weak, the mud builds a delta, a fan of land with many small
      channels. If they are strong, they carry the mud away and leave an estuary with a
      wide mouth. Both are nurseries for fish and resting places for birds. Both are
      also where we like to build harbours, and then we have to dredge for ever.

      Let me finish with a small experiment. Take a tray, fill it with damp sand, tilt
      it by two fingers, and let a thin stream of water run down from one corner. Within
      a quarter of an hour you will have a valley, a meander, a delta and perhaps a
      little lake. Everything I told you tonight happens in that tray. It is only the
      clock that runs faster.
      """)
}
