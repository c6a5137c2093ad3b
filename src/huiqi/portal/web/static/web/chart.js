"use strict";

// Draws every <div data-chart="ID">: an ECharts option from the page's own JSON, in the look of the
// site. The table below the picture says the same; without this file only the table is there.
(function () {
  var INK = "#1f2933", QUIET = "#55606b", LINE = "#dde2e7";
  var COLOURS = ["#1d4f80", "#b3700f", "#2b7d74", "#7a5aa6", "#a8483f", "#66717c"];
  var FONT = getComputedStyle(document.body).fontFamily;

  function trimmed(fen, zeros) {
    // fen / 10^zeros exactly, as text: numbers stay whole, only the point moves.
    var digits = String(fen).padStart(zeros + 1, "0");
    var whole = digits.slice(0, -zeros), part = digits.slice(-zeros).replace(/0+$/, "");
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? "." + part : "");
  }

  // The same as show_money of the rulebook.
  function money(fen) {
    var sign = fen < 0 ? "-" : "", size = Math.abs(fen), text;
    if (size >= 1e10 && size % 1e6 === 0) {
      text = trimmed(size, 10) + "亿元";
    } else if (size >= 1e6 && size % 100 === 0) {
      text = trimmed(size, 6) + "万元";
    } else {
      text = trimmed(size, 2) + "元";
    }
    return sign + text;
  }

  function written(value, unit) {
    if (value === null || value === undefined || value === "-") {
      return "不详";
    }
    return unit === "fen" ? money(Math.round(value)) : Number(value).toLocaleString("zh-CN") + unit;
  }

  function axis(given, unit) {
    if (!given) {
      return given;
    }
    var label = { color: QUIET, fontSize: 13, hideOverlap: true };
    if (given.type === "value") {
      label.formatter = function (value) { return written(value, unit); };
    } else {
      label.width = 120;
      label.overflow = "truncate";
    }
    return Object.assign({
      axisLine: { show: given.type !== "value", lineStyle: { color: LINE } },
      axisTick: { show: false },
      splitLine: { show: given.type === "value", lineStyle: { color: LINE } },
      splitNumber: 4,
      axisLabel: label
    }, given);
  }

  function dressed(option, unit) {
    var drawn = Object.assign({}, option);
    drawn.xAxis = axis(option.xAxis, unit);
    drawn.yAxis = axis(option.yAxis, unit);
    return Object.assign({
      animation: false,
      color: COLOURS,
      textStyle: { fontFamily: FONT, color: INK, fontSize: 14 },
      grid: { left: 8, right: 24, top: option.legend ? 44 : 20, bottom: 8, containLabel: true },
      tooltip: {
        // Rich text draws inside the picture; the HTML kind needs inline styles.
        renderMode: "richText",
        trigger: option.xAxis || option.yAxis ? "axis" : "item",
        axisPointer: { type: "shadow" },
        confine: true,
        textStyle: { color: INK, fontSize: 14 },
        valueFormatter: function (value) { return written(value, unit); }
      }
    }, drawn, {
      legend: option.legend && Object.assign(
        { top: 4, left: 4, textStyle: { color: INK, fontSize: 14 }, itemGap: 18 }, option.legend)
    });
  }

  function draw(place) {
    var source = document.getElementById(place.dataset.chart);
    if (!source || !window.echarts) {
      return;
    }
    var chart = echarts.getInstanceByDom(place) || echarts.init(place, null, { renderer: "svg" });
    chart.setOption(dressed(JSON.parse(source.textContent), place.dataset.unit || ""), true);
  }

  function drawAll(root) {
    root.querySelectorAll("[data-chart]").forEach(draw);
  }

  window.huiqiChart = { written: written, font: FONT, ink: INK, drawAll: drawAll };
  drawAll(document);
  document.addEventListener("htmx:afterSettle", function (event) {
    drawAll(event.target.parentElement || document);
  });
  window.addEventListener("resize", function () {
    document.querySelectorAll("[data-chart]").forEach(function (place) {
      var chart = window.echarts && echarts.getInstanceByDom(place);
      if (chart) {
        chart.resize();
      }
    });
  });
})();
