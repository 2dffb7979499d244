extension Talk {
  static let cocina = Talk(
    key: "cocina", language: "es", title: "La tortilla de patatas, paso a paso",
    text: """
      Buenas tardes y bienvenidos a mi cocina. Hoy vamos a preparar una tortilla de
      patatas, un plato humilde que lleva solo huevos, patatas, aceite, sal y, si
      queréis, cebolla. Sobre la cebolla se discute en todas las familias, y yo no voy a
      resolver esa discusión. En mi casa se pone, porque da dulzor y jugosidad. Si la
      vuestra es una casa sin cebolla, seguid igual y no se lo digáis a mi abuela.

      Pelamos un kilo de patatas y las cortamos en láminas finas, no demasiado iguales.
      Calentamos abundante aceite de oliva a fuego medio y echamos las patatas con la
      cebolla picada y un poco de sal. No queremos freírlas, queremos que se cuezan
      despacio en el aceite hasta que se rompan al tocarlas. Eso tarda unos veinticinco
      minutos. La paciencia es el ingrediente que no aparece en la lista.

      Batimos seis huevos en un cuenco grande, sin hacer mucha espuma. Escurrimos bien
      las patatas, guardamos el aceite para otro día y las mezclamos con el huevo
      todavía calientes. Ahora viene el secreto: dejamos reposar la mezcla diez minutos.
      Las patatas beben parte del huevo, y la tortilla queda cremosa por dentro.

      En una sartén con una cucharada de aceite bien caliente echamos la mezcla y
      bajamos el fuego. Movemos la sartén en círculos para que no se pegue. Cuando los
      bordes estén cuajados, ponemos un plato encima, contamos hasta tres y le damos la
      vuelta sin miedo. Si dudáis a mitad del movimiento, acabaréis limpiando la cocina.
      Devolvemos la tortilla a la sartén y la redondeamos con una espátula.

      ¿Cuánto tiempo por el otro lado? Dos minutos si os gusta jugosa, cuatro si la
      preferís cuajada. La dejamos descansar antes de cortarla, porque templada sabe
      mejor que ardiendo. Con un poco de pan y una ensalada de tomate tenéis una cena
      completa. Y al día siguiente, fría y en bocadillo, es todavía mejor.
      """)
}
