// Lines over time, as SVG. Lines differ by their dashes as well as by their colours, and the words below the picture say
// what it shows now.
import { element, svg } from './dom.js';

const width = 300;
const height = 110;
const left = 38;
const bottom = 18;
const top = 8;

// `lines` are [{ key, name }], the first four of which look different.
export class Chart {
  constructor(title, lines, unit = '') {
    this.lines = lines;
    this.unit = unit;
    this.title = title;
    this.picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'chart', role: 'img' });
    this.legend = element('p', { class: 'legend' });
    this.root = element('figure', { class: 'charted' }, element('figcaption', {}, title), this.picture, this.legend);
  }

  // `data` has an array of seconds, and one of numbers for each line; null is a gap. With `most`, several charts have
  // the same scale.
  show(data, most = this.mostOf(data)) {
    const seconds = data.seconds ?? [];
    const there = this.lines.filter(({ key }) => data[key]?.some((value) => value != null));
    this.root.hidden = there.length === 0;
    const scale = Math.max(most, 1);
    const from = seconds[0] ?? 0;
    const length = Math.max((seconds.at(-1) ?? 0) - from, 10);
    const x = (time) => left + ((time - from) / length) * (width - left - 6);
    const y = (value) => height - bottom - (value / scale) * (height - top - bottom);
    const parts = [
      svg('line', { x1: left, x2: width - 6, y1: y(0), y2: y(0), class: 'axis' }),
      svg('line', { x1: left, x2: width - 6, y1: y(scale), y2: y(scale), class: 'axis faint' }),
      svg('text', { x: left - 5, y: y(0) + 4, class: 'scale' }, '0'),
      svg('text', { x: left - 5, y: y(scale) + 6, class: 'scale' }, inShort(scale)),
      svg('text', { x: left, y: height - 3, class: 'time' }, `${Math.round(from)} s`),
      svg('text', { x: width - 6, y: height - 3, class: 'time end' }, `${Math.round(from + length)} s`),
    ];
    there.forEach(({ key }) => {
      for (const points of withoutGaps(seconds, data[key])) {
        parts.push(svg('polyline', { class: `line line-${this.lines.findIndex((line) => line.key === key)}`,
          points: points.map(([time, value]) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`).join(' ') }));
      }
    });
    this.picture.replaceChildren(...parts);
    const now = there.map(({ key, name }) => `${name} ${inShort(data[key].at(-1))}${this.unit}`);
    this.picture.setAttribute('aria-label', `${this.title}: ${now.join(', ')}`);
    this.legend.replaceChildren(...there.flatMap(({ key }, i) => [
      element('span', { class: 'entry' }, sampleOf(this.lines.findIndex((line) => line.key === key)), ` ${now[i]}`), ' ']));
  }

  mostOf(data) {
    return Math.max(0, ...this.lines.flatMap(({ key }) => data[key] ?? []).filter((value) => value != null));
  }
}

// One scale for all of them.
export function showAlike(charts, all) {
  const most = Math.max(...charts.map((chart, i) => chart.mostOf(all[i])));
  charts.forEach((chart, i) => chart.show(all[i], most));
}

function withoutGaps(seconds, values) {
  const parts = [[]];
  values.forEach((value, i) => (value == null ? parts.push([]) : parts.at(-1).push([seconds[i], value])));
  // A single point is a short line, else nobody would see it.
  return parts.filter((part) => part.length > 0).map((part) => (part.length > 1 ? part : [part[0], [part[0][0] + 0.2, part[0][1]]]));
}

function sampleOf(number) {
  return svg('svg', { viewBox: '0 0 24 8', width: 24, height: 8, class: 'chart sample', 'aria-hidden': 'true' },
    svg('polyline', { class: `line line-${number}`, points: '0,4 24,4' }));
}

export function inShort(number) {
  if (number == null) return '–';
  if (number >= 10000) return `${Math.round(number / 1000)}k`;
  if (number >= 1000) return `${(number / 1000).toFixed(1)}k`;
  return String(Math.round(number * 10) / 10);
}
