// Drill-holes and the ground, in cells.
(function (V) {
  "use strict";

  // Points of the holes' nodes, in cells from the box's corner, with each hole's first node.
  V.holePoints = function (scene) {
    const { head, columns } = scene, cell = head.cell_m, low = head.low;
    const names = ["trace_x", "trace_y", "trace_z"], count = columns.trace_x.values.length;
    const points = new Float32Array(3 * count);
    names.forEach((name, axis) => {
      const column = columns[name];
      for (let n = 0; n < count; n += 1) { points[3 * n + axis] = column.values[n] * column.step / cell[axis] - low[axis]; }
    });
    const starts = [];
    let at = 0;
    for (const nodes of head.nodes) { starts.push(at); at += nodes; }
    scene.holes = { points: points, starts: starts };
  };

  // Ribbons of what the crop and the section let through; nothing outside the slab is drawn.
  V.ribbons = function (scene, state, limits) {
    const { points, starts } = scene.holes, nodes = scene.head.nodes, cell = scene.head.cell_m;
    const grade = scene.columns.trace_grade.values, section = V.section(scene, state);
    const [i0, i1, j0, j1, k0, k1] = state.crop, shape = scene.head.shape, list = [];
    const cut = [i0 > 0, i1 < shape[0] - 1, j0 > 0, j1 < shape[1] - 1, k0 > 0, k1 < shape[2] - 1];
    const seen = scene.holes.seen = new Uint8Array(starts.length);
    starts.forEach((start, hole) => {
      for (let n = start; n < start + nodes[hole] - 1; n += 1) {
        const a = points.subarray(3 * n, 3 * n + 3), b = points.subarray(3 * n + 3, 3 * n + 6);
        const x = (a[0] + b[0]) / 2, y = (a[1] + b[1]) / 2, z = (a[2] + b[2]) / 2;
        if ((cut[0] && x < i0) || (cut[1] && x > i1 + 1) || (cut[2] && y < j0) || (cut[3] && y > j1 + 1)) { continue; }
        if ((cut[4] && z < k0) || (cut[5] && z > k1 + 1)) { continue; }
        if (section && !section(x * cell[0], y * cell[1])) { continue; }
        const bin = V.binOf(grade[n], limits);
        seen[hole] = 1;
        for (const [end, side] of [[0, -1], [0, 1], [1, -1], [1, 1]]) {
          list.push(a[0], a[1], a[2], b[0], b[1], b[2], end, side, bin);
        }
      }
    });
    return Float32Array.from(list);
  };

  // The ground's points, joined along both axes; in a section its slab alone.
  V.net = function (scene, state) {
    const about = scene.head.ground, list = [], section = V.section(scene, state);
    if (!about) { return new Float32Array(0); }
    const [rows, across] = about.shape, { origin_m: origin, cell_m: cell, low } = scene.head;
    const column = scene.columns.ground;
    const point = (row, place) => {
      const kept = column.values[row * across + place];
      if (kept === 0) { return null; }
      const z = (about.low_m + (kept - 1) * column.step - origin[2]) / cell[2] - low[2];
      return [place * about.every + 0.5 - low[0], row * about.every + 0.5 - low[1], z];
    };
    for (let row = 0; row < rows; row += 1) {
      for (let place = 0; place < across; place += 1) {
        const here = point(row, place);
        if (!here) { continue; }
        for (const there of [place + 1 < across && point(row, place + 1), row + 1 < rows && point(row + 1, place)]) {
          if (there && (!section || section(here[0] * cell[0], here[1] * cell[1]))) { list.push(...here, ...there); }
        }
      }
    }
    return Float32Array.from(list);
  };
})(window.bornite3d);
