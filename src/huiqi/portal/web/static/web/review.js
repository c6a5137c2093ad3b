"use strict";

// The two sides of a review move together: where one side is opened at a place, the other is brought
// to what belongs to it. Without this file the links alone do.
(function () {
  function other(name) {
    var found = /^(text|clauses)-(\d+)$/.exec(name);
    if (found) {
      return (found[1] === "text" ? "clauses-" : "text-") + found[2];
    }
    found = /^(t-)?((?:targets|supports)-\d+)$/.exec(name);
    return found ? (found[1] ? "" : "t-") + found[2] : "";
  }

  function bring(name) {
    var place = document.getElementById(other(name));
    var side = place && place.closest(".side");
    if (!side || side.scrollHeight <= side.clientHeight) {
      return;
    }
    var off = place.getBoundingClientRect().top - side.getBoundingClientRect().top;
    side.scrollTop += off - side.clientHeight / 4;
    document.querySelectorAll(".is-here").forEach(function (one) {
      one.classList.remove("is-here");
    });
    (place.closest("section[id], .read-item") || place).classList.add("is-here");
  }

  window.addEventListener("hashchange", function () {
    bring(decodeURIComponent(window.location.hash.slice(1)));
  });
  document.addEventListener("click", function (event) {
    var link = event.target.closest(".read-links a[hx-get]");
    var item = link && link.closest(".read-item");
    if (item) {
      bring(item.id);
    }
  });
  if (window.location.hash) {
    bring(decodeURIComponent(window.location.hash.slice(1)));
  }
})();
