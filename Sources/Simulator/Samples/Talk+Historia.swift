extension Talk {
  static let historia = Talk(
    key: "historia", language: "es", title: "Los caminos del agua en las ciudades antiguas",
    text: """
      Imaginad una ciudad de un millón de habitantes sin una sola bomba eléctrica. Eso
      fue Roma hace dos mil años, y a cada persona le llegaba más agua que a muchas
      ciudades de hoy. El agua venía de manantiales lejanos y bajaba siempre por su
      propio peso. Un acueducto no es un puente, es una pendiente muy larga y muy suave.
      Los arcos que admiramos son solo la parte en la que el valle obligaba a
      levantarla.

      La pendiente era el gran problema de los ingenieros. Si era demasiada, el agua
      rompía el canal, y si era poca, se quedaba parada. En el acueducto de Nimes el
      agua desciende apenas doce metros en cincuenta kilómetros. Para medirlo usaban una
      mesa de seis metros con un surco lleno de agua, llamada corobate. Con paciencia y
      con ese instrumento trazaron líneas que hoy haríamos con láser.

      Al llegar a la ciudad el agua entraba en un depósito y se repartía por tuberías de
      plomo o de cerámica. Primero se llenaban las fuentes públicas, después los baños y
      al final las casas de los ricos. Así, cuando faltaba agua, los primeros en
      quedarse sin ella eran los que más pagaban. Es una idea de justicia bastante
      moderna. Las fuentes no se cerraban nunca, y el agua que sobraba limpiaba las
      calles y las cloacas.

      En otras partes del mundo encontraron soluciones distintas. En Persia se excavaban
      túneles de muchos kilómetros, llamados qanats, que llevaban el agua bajo tierra
      para que el sol no la evaporara. En los Andes los incas construyeron canales de
      piedra que todavía riegan las terrazas. En Al Ándalus las acequias repartían el
      agua por turnos, y un tribunal de labradores resolvía las disputas. Ese tribunal
      se reúne aún cada jueves en la puerta de la catedral de Valencia.

      ¿Qué podemos aprender de todo esto? Que una ciudad vive mientras cuida lo que no
      se ve. Cuando Roma dejó de reparar sus acueductos, la población bajó hasta treinta
      mil personas, que volvieron a beber del río. Las obras hidráulicas no se pierden
      en una batalla, se pierden por olvido. La próxima vez que abráis un grifo, pensad
      en la pendiente que lo hace posible.
      """)
}
