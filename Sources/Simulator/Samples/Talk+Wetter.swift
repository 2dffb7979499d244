extension Talk {
  static let wetter = Talk(
    key: "wetter", language: "de", title: "Wie entsteht eigentlich das Wetter?",
    text: """
      Das Wetter ist im Grunde eine einfache Sache: Die Sonne erwärmt die Erde, aber
      nicht überall gleich stark. Am Äquator steht sie fast senkrecht, an den Polen
      scheint sie schräg und flach. Warme Luft ist leichter als kalte und steigt auf,
      und von der Seite strömt andere nach. Diese Strömung nennen wir Wind, und alles
      Übrige folgt daraus.

      Luft kann Wasserdampf aufnehmen, warme Luft viel und kalte Luft wenig. Steigt
      feuchte Luft auf, so kühlt sie ab, und irgendwann kann sie das Wasser nicht mehr
      halten. Dann bilden sich winzige Tröpfchen, und wir sehen eine Wolke. Werden die
      Tröpfchen groß und schwer, fällt Regen. Deshalb regnet es an der Westseite der
      Berge so viel und dahinter so wenig.

      Ein Tiefdruckgebiet ist ein Ort, an dem die Luft aufsteigt, und ein
      Hochdruckgebiet einer, an dem sie absinkt. Beim Absinken wird die Luft trocken und
      die Wolken lösen sich auf. Weil sich die Erde dreht, strömt der Wind nicht gerade
      ins Tief hinein, sondern in einer Spirale. Auf der Nordhalbkugel dreht sie sich
      gegen den Uhrzeigersinn. Wer mit dem Rücken zum Wind steht, hat das Tief zu seiner
      Linken.

      Ein Gewitter entsteht, wenn die Luft am Boden sehr warm und feucht ist und weit
      oben sehr kalt. Dann schießt die warme Luft in die Höhe wie ein Korken im Wasser.
      In der Wolke reiben sich Eiskristalle und Graupel aneinander, und dabei trennen
      sich elektrische Ladungen. Der Blitz gleicht den Unterschied aus, und der Donner
      ist die Luft, die dabei plötzlich zehntausende Grad heiß wird. Zählen Sie die
      Sekunden zwischen Blitz und Donner und teilen Sie durch drei, dann wissen Sie die
      Entfernung in Kilometern.

      Warum lässt sich das Wetter nur etwa zehn Tage vorhersagen? Weil kleine
      Unterschiede mit der Zeit groß werden. Ein Fehler von einem Zehntel Grad über dem
      Atlantik entscheidet eine Woche später, ob es bei uns regnet. Die Wetterdienste
      rechnen darum fünfzig leicht verschiedene Vorhersagen gleichzeitig. Sind sie sich
      einig, darf man das Picknick planen.
      """)
}
