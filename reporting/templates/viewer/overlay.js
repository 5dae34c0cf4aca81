// What is drawn in two dimensions: behind the blocks the box with its coordinates, before them
// names of holes, the picked block, the cursor, the arrow to north and the scale bar.
(function (V) {
  "use strict";

  const INK = "#2b333b", SOFT = "#5d6873", HAIR = "#b9c1c8";
  const FONT = '"Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei",system-ui,sans-serif';

  function round(least) {
    const power = Math.pow(10, Math.floor(Math.log10(least)));
    return [1, 2, 5, 10].map((n) => n * power).find((one) => one >= least * 0.999);
  }

  function font(context, size, weight) { context.font = (weight || "") + " " + size + "px " + FONT; }

  function halo(context, text, x, y, colour) {
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeStyle = "rgba(255,255,255,.88)";
    context.strokeText(text, x, y);
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }

  // Behind: a pale ground, the box's far edges, ticks with real-world coordinates.
  V.behind = function (context, width, height, scene, camera) {
    const sky = context.createLinearGradient(0, 0, 0, height);
    sky.addColorStop(0, "#eef2f5");
    sky.addColorStop(1, "#fbfcfc");
    context.fillStyle = sky;
    context.fillRect(0, 0, width, height);
    const size = scene.head.shape.map((n, axis) => n * scene.head.cell_m[axis]);
    const at = (point) => {
      const [x, y] = V.project(scene, camera, point);
      return [width / 2 + x, height / 2 + y];
    };
    const { forward } = V.axes(camera);
    drawBox(context, size, at, forward);
    [0, 1, 2].forEach((axis) => ticks(context, scene, axis, size, at, forward));
  };

  function corner(size, bits) { return [0, 1, 2].map((axis) => (bits >> axis & 1 ? size[axis] : 0)); }

  function drawBox(context, size, at, forward) {
    context.strokeStyle = HAIR;
    context.lineWidth = 1;
    for (let bits = 0; bits < 8; bits += 1) {
      for (let axis = 0; axis < 3; axis += 1) {
        if (bits >> axis & 1) { continue; }
        line(context, at(corner(size, bits)), at(corner(size, bits | 1 << axis)));
      }
    }
  }

  function line(context, a, b) {
    context.beginPath();
    context.moveTo(Math.round(a[0]) + 0.5, Math.round(a[1]) + 0.5);
    context.lineTo(Math.round(b[0]) + 0.5, Math.round(b[1]) + 0.5);
    context.stroke();
  }

  // Of the four parallel edges: the lowest on the screen for E and N, the leftmost for heights.
  function ticks(context, scene, axis, size, at, forward) {
    const others = [0, 1, 2].filter((one) => one !== axis), { origin_m: origin, cell_m: cell, low } = scene.head;
    let best = null;
    for (let bits = 0; bits < 4; bits += 1) {
      const start = [0, 0, 0];
      others.forEach((one, n) => { start[one] = bits >> n & 1 ? size[one] : 0; });
      const end = start.slice();
      end[axis] = size[axis];
      const a = at(start), b = at(end), rank = axis === 2 ? -(a[0] + b[0]) : a[1] + b[1];
      if (!best || rank > best.rank + 1e-6) { best = { rank: rank, start: start, a: a, b: b }; }
    }
    const long = Math.hypot(best.b[0] - best.a[0], best.b[1] - best.a[1]);
    if (long < 70) { return; }
    const every = round(size[axis] / Math.max(1, long / 95)), zero = origin[axis] + low[axis] * cell[axis];
    const name = ["E", "N", "RL"][axis];
    font(context, 11);
    context.textBaseline = "middle";
    const out = outward(best, at(size.map((one) => one / 2)));
    context.textAlign = out[0] < -0.5 ? "right" : out[0] > 0.5 ? "left" : "center";
    for (let value = Math.ceil(zero / every) * every; value <= zero + size[axis]; value += every) {
      const point = best.start.slice();
      point[axis] = value - zero;
      const [x, y] = at(point);
      context.strokeStyle = SOFT;
      line(context, [x, y], [x + 5 * out[0], y + 5 * out[1]]);
      halo(context, name + " " + V.fixed(value, 0).replace(/,/g, " "), x + 9 * out[0], y + 12 * out[1], SOFT);
    }
  }

  // Across an edge of the box, away from its middle.
  function outward(edge, middle) {
    const way = [edge.b[0] - edge.a[0], edge.b[1] - edge.a[1]], long = Math.hypot(...way) || 1;
    const across = [-way[1] / long, way[0] / long];
    const away = [(edge.a[0] + edge.b[0]) / 2 - middle[0], (edge.a[1] + edge.b[1]) / 2 - middle[1]];
    return across[0] * away[0] + across[1] * away[1] >= 0 ? across : [-across[0], -across[1]];
  }

  // Before: what is given in `show` {names, picked, cursor, wide}.
  V.before = function (context, width, height, scene, camera, show) {
    const at = (point) => {
      const cell = scene.head.cell_m;
      const [x, y] = V.project(scene, camera, point.map((one, axis) => one * cell[axis]));
      return [width / 2 + x, height / 2 + y];
    };
    if (show.names) { names(context, scene, at); }
    if (show.picked >= 0) { outline(context, scene, show.picked, at); }
    if (show.cursor) { cross(context, width / 2 + show.cursor[0], height / 2 + show.cursor[1]); }
    gizmo(context, 58, height - 66, camera);
    bar(context, width - 22, height - 20, camera, width);
  };

  // Names at the collars, one where another would lie on it left out.
  function names(context, scene, at) {
    const { points, starts, seen } = scene.holes, taken = [];
    font(context, 10.5);
    context.textAlign = "left";
    context.textBaseline = "middle";
    starts.forEach((start, hole) => {
      if (!seen[hole]) { return; }
      const [x, y] = at(Array.from(points.subarray(3 * start, 3 * start + 3)));
      context.fillStyle = INK;
      context.beginPath();
      context.arc(x, y, 2.4, 0, 7);
      context.fill();
      const name = scene.head.holes[hole].slice(0, 24), long = context.measureText(name).width + 8;
      if (taken.some(([a, b, wide]) => x < a + wide && a < x + long && Math.abs(b - y) < 13)) { return; }
      taken.push([x, y, long]);
      halo(context, name, x + 5, y - 6, INK);
    });
  }

  function outline(context, scene, n, at) {
    const base = [scene.i[n], scene.j[n], scene.k[n]];
    for (const [colour, wide] of [["#fff", 4], ["#0b57c2", 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = wide;
      for (let bits = 0; bits < 8; bits += 1) {
        for (let axis = 0; axis < 3; axis += 1) {
          if (bits >> axis & 1) { continue; }
          const a = corner([1, 1, 1], bits), b = corner([1, 1, 1], bits | 1 << axis);
          line(context, at(a.map((one, m) => one + base[m])), at(b.map((one, m) => one + base[m])));
        }
      }
    }
  }

  function cross(context, x, y) {
    for (const [colour, wide] of [["#fff", 4], ["#0b57c2", 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = wide;
      line(context, [x - 11, y], [x - 4, y]);
      line(context, [x + 4, y], [x + 11, y]);
      line(context, [x, y - 11], [x, y - 4]);
      line(context, [x, y + 4], [x, y + 11]);
    }
  }

  // East, north and up as they lie; north is an arrow.
  function gizmo(context, x, y, camera) {
    const axes = V.axes(camera), ways = [["E", "#9e2f2a"], ["N", "#1f6b36"], ["RL", "#1c62b8"]];
    font(context, 12, "600");
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = "rgba(255,255,255,.72)";
    context.beginPath();
    context.arc(x, y, 46, 0, 7);
    context.fill();
    ways.map(([name, colour], axis) => ({ name: name, colour: colour, x: axes.right[axis], y: -axes.up[axis], deep: axes.forward[axis] }))
      .sort((a, b) => b.deep - a.deep)
      .forEach((one) => {
        const long = Math.hypot(one.x, one.y), end = [x + 31 * one.x, y + 31 * one.y];
        context.strokeStyle = context.fillStyle = one.colour;
        context.lineWidth = one.name === "N" ? 3 : 2;
        context.beginPath();
        context.moveTo(x, y);
        context.lineTo(end[0], end[1]);
        context.stroke();
        if (long < 0.15) { return; }
        if (one.name === "N") { head(context, end, [one.x / long, one.y / long]); }
        halo(context, one.name, x + 31 * one.x + 12 * one.x / long, y + 31 * one.y + 12 * one.y / long, one.colour);
      });
  }

  function head(context, end, way) {
    context.beginPath();
    context.moveTo(end[0] + 6 * way[0], end[1] + 6 * way[1]);
    context.lineTo(end[0] - 5 * way[1] - 3 * way[0], end[1] + 5 * way[0] - 3 * way[1]);
    context.lineTo(end[0] + 5 * way[1] - 3 * way[0], end[1] - 5 * way[0] - 3 * way[1]);
    context.fill();
  }

  function bar(context, right, y, camera, width) {
    const metres = round(Math.min(150, width / 4) * camera.scale), long = metres / camera.scale;
    const text = metres >= 2000 ? V.fixed(metres / 1000, 0) + " km" : V.fixed(metres, metres < 1 ? 1 : 0) + " m";
    context.fillStyle = "#fff";
    context.fillRect(right - long - 1, y - 4, long + 2, 7);
    context.fillStyle = INK;
    context.fillRect(right - long, y - 3, long / 2, 5);
    context.strokeStyle = INK;
    context.lineWidth = 1;
    context.strokeRect(Math.round(right - long) + 0.5, y - 3.5, Math.round(long), 5);
    font(context, 12);
    context.textAlign = "right";
    context.textBaseline = "alphabetic";
    const upright = camera.exaggeration === 1 ? "" : "   RL ×" + camera.exaggeration;
    halo(context, text + upright, right, y - 9, INK);
  }

  V.FONT = FONT;
})(window.bornite3d);
