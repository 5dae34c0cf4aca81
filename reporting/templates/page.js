// What a page does beyond being read: remembers language and text size, prints, orders tables.
// Switching language and size needs no script; storage may be forbidden on file: pages.
(function () {
  "use strict";
  var zh = document.getElementById("lang-zh"), en = document.getElementById("lang-en");
  var normal = document.getElementById("size-normal"), large = document.getElementById("size-large");
  function recall(key) { try { return localStorage.getItem(key); } catch (e) { return null; } }
  function keep(key, value) { try { localStorage.setItem(key, value); } catch (e) { /* still switches */ } }
  function tell() { document.documentElement.lang = en.checked ? "en-GB" : "zh-CN"; }
  if (recall("bornite-language") === "en") { en.checked = true; }
  if (recall("bornite-size") === "large") { large.checked = true; }
  [zh, en].forEach(function (box) {
    box.addEventListener("change", function () { tell(); keep("bornite-language", en.checked ? "en" : "zh"); });
  });
  [normal, large].forEach(function (box) {
    box.addEventListener("change", function () { keep("bornite-size", large.checked ? "large" : "normal"); });
  });
  tell();

  var print = document.querySelector("button.print");
  print.hidden = false;
  print.addEventListener("click", function () { window.print(); });

  function value(row, column) {
    var cell = row.cells[column];
    return cell.hasAttribute("data-v") ? cell.getAttribute("data-v") : cell.textContent.trim();
  }
  function compare(a, b) {
    var blank = (a === "" || a === "—") - (b === "" || b === "—");
    if (blank || a === b) { return [blank, 0]; }
    var both = a !== "" && b !== "" && isFinite(a) && isFinite(b);
    return [0, both ? a - b : a.localeCompare(b, "zh-CN")];
  }
  function order(table, column, down) {
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
    var last = rows.filter(function (row) { return row.classList.contains("total"); });
    var free = rows.filter(function (row) { return last.indexOf(row) < 0; });
    free.sort(function (a, b) {
      var found = compare(value(a, column), value(b, column));
      return found[0] || (down ? -found[1] : found[1]);
    });
    free.concat(last).forEach(function (row) { body.appendChild(row); });
  }
  document.querySelectorAll("table[data-sortable]").forEach(function (table) {
    var heads = Array.prototype.slice.call(table.tHead.rows[table.tHead.rows.length - 1].cells);
    heads.forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      while (head.firstChild) { button.appendChild(head.firstChild); }
      head.appendChild(button);
      button.addEventListener("click", function () {
        var now = head.getAttribute("aria-sort");  // figures begin with the largest, words with the first
        var up = now ? now === "descending" : !head.classList.contains("n");
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        order(table, column, !up);
      });
    });
  });
})();
