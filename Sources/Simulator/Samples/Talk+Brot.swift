extension Talk {
  static let brot = Talk(
    key: "brot", language: "de", title: "Sauerteig ohne Geheimnis",
    text: """
      Guten Abend und herzlich willkommen in unserer Backstube. Heute backen wir ein
      Roggenbrot mit Sauerteig, und ich verspreche Ihnen, dass daran nichts geheim ist.
      Wir brauchen Mehl, Wasser, Salz und ein wenig Geduld. Der Sauerteig lebt, und wie
      alles Lebendige mag er Wärme, Ruhe und regelmäßige Mahlzeiten.

      Am ersten Tag verrühren wir fünfzig Gramm Roggenmehl mit fünfzig Gramm lauwarmem
      Wasser. Das Glas stellen wir zugedeckt an einen warmen Ort, zum Beispiel neben den
      Heizkörper. Am zweiten und dritten Tag geben wir jeweils die gleiche Menge dazu
      und rühren gut um. Am vierten Tag steigen Blasen auf, und es riecht angenehm
      säuerlich, ein wenig nach Apfel.

      Nun mischen wir den Sauerteig mit vierhundert Gramm Roggenmehl, hundert Gramm
      Weizenmehl, zehn Gramm Salz und so viel Wasser, dass ein weicher Teig entsteht.
      Roggenteig wird nicht geknetet, sondern nur gerührt, denn sein Kleber hält anders
      zusammen als der des Weizens. Mit nassen Händen formen wir einen Laib und legen
      ihn in einen bemehlten Korb. Dort ruht er, bis er sichtbar größer geworden ist,
      das dauert meistens vier Stunden.

      Der Ofen muss sehr heiß sein, mindestens zweihundertfünfzig Grad. Eine Schale mit
      Wasser auf dem Boden sorgt für Dampf, damit die Kruste nicht zu früh fest wird.
      Nach zehn Minuten schalten wir auf zweihundert Grad herunter und backen das Brot
      noch fünfzig Minuten. Wenn es beim Klopfen auf die Unterseite hohl klingt, ist es
      fertig.

      Und jetzt kommt das Schwerste: Roggenbrot sollte erst am nächsten Tag
      angeschnitten werden. Die Krume muss sich setzen, sonst klebt sie am Messer. In
      ein Leinentuch gewickelt bleibt es eine ganze Woche frisch. Mit Butter und
      Schnittlauch braucht es wirklich nichts anderes.
      """)
}
