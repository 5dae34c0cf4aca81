// The picture as a PNG with its legend, its run and what it is.
(function (V) {
  "use strict";

  V.picture = function (app) {
    const fine = Math.max(2, window.devicePixelRatio || 1), [width, height] = app.size(), words = app.words;
    app.render(fine);
    const sheet = document.createElement("canvas"), top = 76, foot = 26;
    sheet.width = width * fine;
    sheet.height = (height + top + foot) * fine;
    const context = sheet.getContext("2d");
    context.scale(fine, fine);
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height + top + foot);
    for (const id of ["behind", "view", "before"]) { context.drawImage(document.getElementById(id), 0, top, width, height); }
    const english = document.getElementById("lang-en").checked, pick = (both) => (english ? both.en : both.zh);
    const write = (text, x, y, size, ink, weight) => {
      context.font = (weight || "") + " " + size + "px " + V.FONT;
      context.fillStyle = ink;
      context.fillText(text, x, y, width - x - 12);
    };
    write(pick(words.title), 14, 24, 17, "#20262d", "600");
    const main = words.layers[0], cut = main.symbol + " ≥ " + V.fixed(app.state.cut, main.decimals) + " " + main.unit;
    write(cut + " · " + pick(words.basis), 14, 46, 12.5, "#55606c");
    write(pick(V.stateWords(app)), 14, 64, 12.5, "#55606c");
    if (words.synthetic) { banner(context, width, words.synthetic); }
    const stage = document.getElementById("stage");
    write("run " + stage.dataset.run + " · " + stage.dataset.code + " · " + pick(words.notice), 14, height + top + 18, 11.5, "#55606c");
    legend(context, words.layers.find((layer) => layer.key === app.state.layer), top + 12, english);
    app.settle();
    return sheet;
  };

  // Classes, section, slices and exaggeration of a picture.
  V.stateWords = function (app) {
    const { state, scene, camera, words } = app, { on, azimuth, off, half } = state.section;
    const letters = words.classes.filter((_, n) => state.classes[n]).map((one) => one.letter).join(" ") || "—";
    const slab = azimuth + "°, " + V.fixed(off, 1) + " m, ± " + V.fixed(half, 1) + " m", upright = "×" + V.fixed(camera.exaggeration, 1);
    const zh = ["类别 " + letters, "垂向 " + upright], en = ["classes " + letters, "vertical " + upright];
    if (on) { zh.push("剖面方位角、离中心、半宽 " + slab); en.push("section azimuth, off the centre, half width " + slab); }
    if (V.isCropped(scene, state)) {
      const edges = V.cropEdges(scene, state).map((one) => V.fixed(one, 0));
      const slices = ["E", "N", "RL"].map((name, axis) => name + " " + edges[2 * axis] + " – " + edges[2 * axis + 1]).join(", ") + " m";
      zh.push("切片 " + slices);
      en.push("slices " + slices);
    }
    return { zh: zh.join("；"), en: en.join("; ") };
  };

  function banner(context, width, text) {
    context.font = "700 14px " + V.FONT;
    const long = context.measureText(text).width + 24;
    context.fillStyle = "#ffe9b8";
    context.fillRect(width - long - 12, 8, long, 26);
    context.fillStyle = "#5a3800";
    context.fillText(text, width - long, 26);
  }

  function legend(context, layer, top, english) {
    const entries = V.entries(layer).reverse(), high = 26 + 17 * entries.length;
    context.fillStyle = "rgba(255,255,255,.9)";
    context.fillRect(12, top, 150, high);
    context.fillStyle = "#20262d";
    context.font = "600 12px " + V.FONT;
    context.fillText((english ? layer.en : layer.zh) + (layer.unit ? " (" + layer.unit + ")" : ""), 20, top + 17, 136);
    entries.forEach(([zh, en, colour], n) => {
      context.fillStyle = colour;
      context.fillRect(20, top + 25 + 17 * n, 18, 13);
      context.strokeStyle = "#6b7480";
      context.strokeRect(20.5, top + 25.5 + 17 * n, 17, 12);
      context.fillStyle = "#20262d";
      context.font = "11.5px " + V.FONT;
      context.fillText(english ? en : zh, 45, top + 36 + 17 * n, 112);
    });
  }

  V.screenshot = function (app) {
    const link = document.createElement("a");
    link.href = V.picture(app).toDataURL("image/png");
    link.download = app.words.file + ".png";
    link.click();
  };
})(window.bornite3d);
