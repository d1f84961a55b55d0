"use strict";
// Draws every chart with controls on the page; vega.js, loaded before, has vegaEmbed.
(() => {
  const OPTIONS = {
    actions: false,
    ast: true, // expressions are interpreted: the policy forbids code that is made from text
    defaultStyle: false,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  };

  // Data lie on the page by columns.
  function rows(columns) {
    if (Array.isArray(columns)) return columns;
    const names = Object.keys(columns);
    return columns[names[0]].map((_, row) =>
      Object.fromEntries(names.map((name) => [name, columns[name][row]])),
    );
  }

  // What the reader has chosen: a parameter is one signal, a selection one for each of its fields.
  function chosen(spec, view) {
    return spec.params
      .flatMap(({ name, select, bind }) =>
        select ? Object.keys(bind).map((field) => `${name}_${field}`) : [name],
      )
      .map((signal) => [signal, view.signal(signal)]);
  }

  function start(box) {
    const spec = JSON.parse(box.querySelector("script").textContent);
    for (const name in spec.datasets) spec.datasets[name] = rows(spec.datasets[name]);
    const stage = box.querySelector(".stage");
    const bind = box.querySelector(".controls");
    let columns = 0;
    let drawn = Promise.resolve(null);

    async function draw(before) {
      const old = await before;
      const kept = old ? chosen(spec, old.view) : [];
      old?.finalize();
      bind.replaceChildren();
      const made = await vegaEmbed(stage, { ...spec, columns }, { ...OPTIONS, bind });
      for (const [signal, value] of kept) made.view.signal(signal, value);
      await made.view.runAsync();
      return made;
    }

    bind.addEventListener("submit", (event) => event.preventDefault());
    box.hidden = false;
    const fit = () => {
      const room = Math.max(1, Math.floor(stage.clientWidth / spec.usermeta.panel));
      const lines = Math.ceil(spec.concat.length / room);
      const wanted = Math.ceil(spec.concat.length / lines);
      if (!stage.clientWidth || wanted === columns) return;
      columns = wanted;
      drawn = draw(drawn);
    };
    // Drawing changes sizes, which an observer may not do while it is told of others.
    new ResizeObserver(() => requestAnimationFrame(fit)).observe(stage);
  }

  document.querySelectorAll(".explorable").forEach(start);
})();
