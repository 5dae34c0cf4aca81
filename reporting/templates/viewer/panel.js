// Words beside the picture: legend, picked block, explorer's figures; always in both languages.
(function (V) {
  "use strict";

  V.say = function (zh, en) {
    const both = document.createDocumentFragment();
    if (zh === en) { both.append(zh); return both; }
    for (const [language, text] of [["zh", zh], ["en", en]]) {
      const span = document.createElement("span");
      span.lang = language;
      span.textContent = text;
      both.append(span);
    }
    return both;
  };

  function put(tag, ...inner) {
    const made = document.createElement(tag);
    made.append(...inner);
    return made;
  }

  // Name and colour of every bin of a layer, from the lowest.
  V.entries = function (layer) {
    if (layer.key === "class") { return layer.names.map((name, n) => [name.letter + " " + name.zh, name.letter + " " + name.en, layer.colours[n]]); }
    const text = (value) => V.fixed(value, layer.decimals), last = layer.bins.length;
    return layer.colours.slice(0, last + 1).map((colour, n) => {
      const words = n === 0 ? "< " + text(layer.bins[0]) : n === last ? "≥ " + text(layer.bins[last - 1])
        : text(layer.bins[n - 1]) + " – " + text(layer.bins[n]);
      return [words, words, colour];
    });
  };

  V.legend = function (box, layer) {
    const list = put("ul");
    V.entries(layer).reverse().forEach(([zh, en, colour]) => {
      const swatch = put("i");
      swatch.style.background = colour;
      list.append(put("li", swatch, V.say(zh, en)));
    });
    const unit = layer.unit ? " (" + layer.unit + ")" : "";
    box.replaceChildren(put("b", V.say(layer.zh + unit, layer.en + unit)), list);
  };

  // Everything known of one cell.
  V.facts = function (scene, words, n) {
    const { columns } = scene;
    const centre = V.world(scene, V.middle(scene, n));
    const exactly = (value) => V.fixed(value, [0, 1, 2].find((n) => Math.abs(value * 10 ** n % 1) < 1e-6) ?? 2);
    const named = words.classes[columns.class.values[n] - 1];
    const domain = words.domains[columns.domain.values[n] - 1] || { zh: "—", en: "—" };
    const rows = [
      ["东坐标 E", "Easting", exactly(centre[0]) + " m"],
      ["北坐标 N", "Northing", exactly(centre[1]) + " m"],
      ["高程 RL", "Elevation RL", exactly(centre[2]) + " m"],
      ["类别", "Class", [named.letter + " " + named.zh, named.letter + " " + named.en]],
    ];
    words.layers.filter((layer) => layer.key.startsWith("grade_")).forEach((layer) => {
      const text = V.printed(columns[layer.key], n, layer.printed);
      rows.push([layer.zh, layer.en, text === "—" ? text : text + " " + layer.unit]);
    });
    const deviation = words.layers.find((layer) => layer.key === "deviation");
    if (deviation) { rows.push([deviation.zh, deviation.en, V.printed(columns.deviation, n, deviation.printed) + " " + deviation.unit]); }
    rows.push(["样品数", "Samples", V.printed(columns.samples, n, 0)]);
    rows.push(["钻孔数", "Holes", V.printed(columns.holes, n, 0)]);
    rows.push(["矿化域", "Domain", [domain.zh, domain.en]]);
    return rows;
  };

  V.showPick = function (box, scene, words, n) {
    if (n < 0) {
      box.replaceChildren(put("p", V.say("未选中块段。", "No block picked.")));
      return;
    }
    const list = put("dl");
    V.facts(scene, words, n).forEach(([zh, en, value]) => {
      const text = Array.isArray(value) ? V.say(...value) : value;
      list.append(put("div", put("dt", V.say(zh, en)), put("dd", put("bdi", text))));
    });
    box.replaceChildren(list);
  };

  // The explorer's table and the line that says what it counts; nothing else on the page changes.
  V.explore = function (scene, words, state, shown) {
    const sums = V.tonnage(scene, shown), main = words.layers[0];
    const body = document.querySelector("#explorer tbody");
    body.replaceChildren(...words.classes.map((name, n) => {
      const sum = sums[n], head = put("th", name.letter + " ", V.say(name.zh, name.en));
      head.scope = "row";
      const any = sum.cells > 0, grade = any ? sum.metal / sum.ore : NaN;
      const ore = any ? V.say(V.fixed(sum.ore / 1e4, 2), V.fixed(sum.ore / 1e6, 2)) : "—";
      const cells = [V.fixed(sum.cells, 0), ore, V.fixed(grade, main.printed),
        any ? V.fixed(sum.metal * main.metal, main.metalDecimals) : "—"];
      return put("tr", head, ...cells.map((one) => { const cell = put("td", one); cell.className = "n"; return cell; }));
    }));
    const cut = main.symbol + " ≥ " + V.fixed(state.cut, main.decimals) + " " + main.unit;
    const part = V.isCut(scene, state);
    const off = state.classes.some((one) => !one);
    document.getElementById("explorer-basis").replaceChildren(V.say(
      cut + "；" + (part ? "仅切片内" : "全部块段") + (off ? "；部分类别未显示" : ""),
      cut + "; " + (part ? "inside the slices only" : "all blocks") + (off ? "; not every class shown" : ""),
    ));
    return sums;
  };
})(window.bornite3d);
