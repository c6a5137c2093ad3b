"use strict";

// Draws the operator's own map above the tiles of counties, where one is supplied: a GeoJSON whose
// features name their division by `adcode`, `code` or `name`. If it cannot be read, the tiles stay.
(function () {
  function named(feature) {
    var known = feature.properties || {};
    return String(known.adcode || known.code || known.name || "");
  }

  // The same depths as the tiles below have.
  var DEPTHS = ["#dfe9f2", "#bcd2e5", "#8fb4d3", "#2f6ca3", "#163d63"];

  function pieces(data, write) {
    return [{ lte: 0, color: "#eef1f4", label: write(0, data.unit) }].concat(
      data.bounds.map(function (end, at) {
        return {
          gt: at ? data.bounds[at - 1] : 0, lte: end, color: DEPTHS[at],
          label: "至" + write(end, data.unit)
        };
      })
    ).reverse();
  }

  function draw(place, shapes) {
    var data = JSON.parse(document.getElementById(place.dataset.map).textContent);
    var write = window.huiqiChart.written;
    var byCode = {};
    data.values.forEach(function (one) {
      byCode[one.code] = one;
      byCode[one.name] = one;
    });
    shapes.features.forEach(function (feature) {
      feature.properties = Object.assign({}, feature.properties, { name: named(feature) });
    });
    place.classList.remove("is-off");
    echarts.registerMap(place.dataset.map, shapes);
    echarts.init(place, null, { renderer: "svg" }).setOption({
      animation: false,
      textStyle: { fontFamily: window.huiqiChart.font, color: window.huiqiChart.ink },
      tooltip: {
        renderMode: "richText",
        confine: true,
        formatter: function (at) {
          var one = byCode[at.name];
          return one ? one.name + "\n" + write(one.value, data.unit) : at.name;
        }
      },
      visualMap: {
        type: "piecewise", left: 8, bottom: 8, showLabel: true, pieces: pieces(data, write),
        textStyle: { color: window.huiqiChart.ink, fontSize: 13 }
      },
      series: [{
        type: "map",
        map: place.dataset.map,
        itemStyle: { borderColor: "#fff", areaColor: "#eef1f4" },
        emphasis: { label: { show: false }, itemStyle: { areaColor: "#f3d9a4" } },
        select: { disabled: true },
        data: shapes.features.map(function (feature) {
          var one = byCode[feature.properties.name];
          return { name: feature.properties.name, value: one ? one.value : null };
        })
      }]
    });
  }

  document.querySelectorAll("[data-map]").forEach(function (place) {
    fetch(place.dataset.geojson, { credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (shapes) {
        if (shapes && Array.isArray(shapes.features) && window.echarts) {
          draw(place, shapes);
        }
      })
      .catch(function () { /* the tiles below say the same */ });
  });
})();
