// Which cells are shown, and the faces of them that can be seen at all.
(function (V) {
  "use strict";

  const RAD = Math.PI / 180;

  // 1 for every cell that cut-off, classes, crop and section let through.
  V.shownCells = function (scene, state) {
    const { count, i, j, k, head } = scene, shown = new Uint8Array(count);
    const grade = scene.columns.grade_0.values, classes = scene.columns.class.values;
    const least = Math.round(state.cut / scene.columns.grade_0.step) + 1;
    const [i0, i1, j0, j1, k0, k1] = state.crop, section = V.section(scene, state);
    const wanted = [false, ...state.classes], [dx, dy] = head.cell_m;
    for (let n = 0; n < count; n += 1) {
      if (grade[n] < least || !wanted[classes[n]]) { continue; }
      if (i[n] < i0 || i[n] > i1 || j[n] < j0 || j[n] > j1 || k[n] < k0 || k[n] > k1) { continue; }
      if (section && !section((i[n] + 0.5) * dx, (j[n] + 0.5) * dy)) { continue; }
      shown[n] = 1;
    }
    return shown;
  };

  // Whether a point (metres from the box's corner) lies in the section's slab; null: no section.
  V.section = function (scene, state) {
    if (!state.section.on) { return null; }
    const { head } = scene, half = state.section.half, off = state.section.off;
    const east = Math.cos(state.section.azimuth * RAD), north = -Math.sin(state.section.azimuth * RAD);
    const x0 = head.shape[0] * head.cell_m[0] / 2, y0 = head.shape[1] * head.cell_m[1] / 2;
    return (x, y) => Math.abs((x - x0) * east + (y - y0) * north - off) <= half;
  };

  // Whether anything is cut away by crop or section.
  V.isCut = (scene, state) => state.section.on || V.isCropped(scene, state);

  V.isCropped = function (scene, state) {
    const whole = V.whole(scene);
    return state.crop.some((one, n) => one !== whole[n]);
  };

  // Colour number of each cell: the bin of a grade or deviation, or its class.
  V.colours = function (scene, layer) {
    const values = scene.columns[layer.key].values, count = scene.count, found = new Uint8Array(count);
    if (layer.key === "class") { return Uint8Array.from(values, (one) => one - 1); }
    const limits = V.limits(layer, scene.columns[layer.key]);
    for (let n = 0; n < count; n += 1) { found[n] = V.binOf(values[n], limits); }
    return found;
  };

  // Limits of bins as the column keeps numbers.
  V.limits = function (layer, column) {
    return layer.bins.map((one) => Math.ceil(one / column.step - 1e-6) + 1);
  };

  V.binOf = function (kept, limits) {
    if (kept === 0) { return limits.length + 1; }
    let bin = 0;
    while (bin < limits.length && kept >= limits[bin]) { bin += 1; }
    return bin;
  };

  // Exposed faces by direction (-x, +x, -y, +y, -z, +z): corners as whole cells, colour beside.
  // Faces of one colour that lie in a row along the direction's first free axis are one.
  V.faces = function (scene, shown, colours) {
    const [nx, ny, nz] = scene.head.shape, look = scene.look, layer = nx * ny;
    const steps = [-1, 1, -nx, nx, -layer, layer], lists = [];
    const { i, j, k, at, count } = scene, ends = [0, nx - 1, 0, ny - 1, 0, nz - 1];
    const along = [[1, nx, j, ny], [1, nx, j, ny], [0, 1, i, nx], [0, 1, i, nx], [0, 1, i, nx], [0, 1, i, nx]];
    const done = new Uint8Array(count);
    for (let way = 0; way < 6; way += 1) {
      const axis = way >> 1, place = [i, j, k][axis], end = ends[way], step = steps[way];
      const [row, rowStep, rowPlace, rowEnd] = along[way];
      const open = (n) => shown[n] === 1 && (place[n] === end || !shown[look[at[n] + step]]);
      const list = new Numbers();
      done.fill(0);
      for (let n = 0; n < count; n += 1) {
        if (done[n] || !open(n)) { continue; }
        let run = 1, next = n;
        while (rowPlace[next] < rowEnd - 1) {
          next = look[at[next] + rowStep];
          if (next < 0 || done[next] || colours[next] !== colours[n] || !open(next)) { break; }
          done[next] = 1;
          run += 1;
        }
        const low = [i[n], j[n], k[n]], high = [i[n] + 1, j[n] + 1, k[n] + 1];
        high[row] += run - 1;
        (way & 1 ? low : high)[axis] = (way & 1 ? high : low)[axis];
        list.quad(low, high, axis, colours[n]);
      }
      lists.push(list.whole());
    }
    return lists;
  };

  // A growing list of corners: x, y, z, colour as 16 bits each.
  function Numbers() { this.kept = new Uint16Array(4096); this.used = 0; }
  Numbers.prototype.whole = function () { return this.kept.subarray(0, this.used); };
  Numbers.prototype.quad = function (low, high, axis, colour) {
    if (this.used + 16 > this.kept.length) {
      const larger = new Uint16Array(2 * this.kept.length);
      larger.set(this.kept);
      this.kept = larger;
    }
    const a = (axis + 1) % 3, b = (axis + 2) % 3;
    for (let corner = 0; corner < 4; corner += 1) {
      const point = [low[0], low[1], low[2]];
      if (corner & 1) { point[a] = high[a]; }
      if (corner & 2) { point[b] = high[b]; }
      this.kept.set(point, this.used);
      this.kept[this.used + 3] = colour;
      this.used += 4;
    }
  };

  // Ore, metal and cells of what is shown, by class; tonnes, and grade times tonnes. The main
  // grade is kept rounded down: half a step more is its mean.
  V.tonnage = function (scene, shown) {
    const sums = [0, 1, 2].map(() => ({ cells: 0, ore: 0, metal: 0 }));
    const { grade_0: grade, class: classes, ore } = scene.columns;
    for (let n = 0; n < scene.count; n += 1) {
      if (!shown[n]) { continue; }
      const sum = sums[classes.values[n] - 1], tonnes = (ore.values[n] - 1) * ore.step;
      sum.cells += 1;
      sum.ore += tonnes;
      sum.metal += tonnes * (grade.values[n] - 0.5) * grade.step;
    }
    return sums;
  };
})(window.bornite3d);
