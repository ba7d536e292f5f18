/* SPDX-License-Identifier: GPL-2.0-only */
/* Rates: made of two answers and their own uptimes, kept for some minutes, drawn as stacked areas over a table. */

const WINDOW = 5 * MINUTE;
const GAP = 10; /* s: what lies further apart is not joined */
const SERIES = 7; /* with a colour of their own; the rest is summed */
const PLOT = {height: 168, left: 50, right: 8, top: 10, bottom: 20}; /* px */

/* ---- history ---- */

const NO_SEGMENT = '(no segment)';

function bump(map, name, n) {
	map.set(name, (map.get(name) || 0) + n);
}

/* Of an answer of /api/segments: what is counted, by metric and name. */
function countersOf(answer) {
	const counters = {passPackets: new Map(), passBytes: new Map(), dropPackets: new Map(),
		auditPackets: new Map(), reasons: new Map()};

	for (const segment of answer.segments) {
		const of = Object.fromEntries(segment.totals.map(total => [total.verdict, total]));
		const count = (metric, n) => {
			if (segment.segment !== null || n)
				counters[metric].set(segment.segment ?? NO_SEGMENT, n);
		};

		count('passPackets', of.pass.packets);
		count('passBytes', of.pass.bytes);
		count('dropPackets', of.drop.packets);
		count('auditPackets', of.audit.packets);
	}
	for (const drop of answer.drops)
		bump(counters.reasons, drop.reason + (drop.verdict === 'audit' ? ' (audit)' : ''), drop.packets);
	return counters;
}

/* null: something is less than it was, so it was counted anew. */
function ratesBetween(before, after, seconds) {
	const rates = {};

	for (const [metric, counters] of Object.entries(after)) {
		rates[metric] = new Map();
		for (const [name, value] of counters) {
			const rate = (value - (before[metric].get(name) || 0)) / seconds;

			if (rate < 0)
				return null;
			rates[metric].set(name, rate);
		}
	}
	return rates;
}

const history = {
	samples: [], /* at: uptime, s; time: Unix, s; rates */
	counters: null, /* of the last answer */
	audit: new Set(), /* names of segments in this mode */
	uptime: 0,

	add(answer) {
		const counters = countersOf(answer), seconds = answer.uptime - this.uptime;
		const rates = this.counters && seconds > 0 && seconds < GAP &&
			ratesBetween(this.counters, counters, seconds);

		if (answer.uptime < this.uptime)
			this.samples = []; /* another boot */
		if (rates)
			this.samples.push({at: answer.uptime, time: answer.time, rates});
		while (this.samples.length && this.samples[0].at < answer.uptime - WINDOW)
			this.samples.shift();
		this.counters = counters;
		this.audit = new Set(answer.segments.filter(one => one.mode === 'audit').map(one => one.segment));
		this.uptime = answer.uptime;
	},

	/* Nothing is counted any more. */
	forget() {
		this.samples = [];
		this.counters = null;
	},

	/* Of all names together, in the last sample; null: there is none. */
	now(metric) {
		const last = this.samples.at(-1);

		return last ? [...last.rates[metric].values()].reduce((sum, rate) => sum + rate, 0) : null;
	},
};

/* ---- what to draw ---- */

function summarize(name, metric) {
	const rates = history.samples.map(sample => sample.rates[metric].get(name) || 0);

	return {name, rates, sum: rates.reduce((sum, rate) => sum + rate, 0)};
}

function seriesSum(list, name) {
	const rates = history.samples.map((_, i) => list.reduce((sum, one) => sum + one.rates[i], 0));

	return {name, rates, others: true, sum: list.reduce((sum, one) => sum + one.sum, 0), total: list.reduce((sum, one) => sum + one.total, 0)};
}

/* The largest first, the smallest in one. */
function seriesOf(metric) {
	const counters = history.counters ? history.counters[metric] : new Map();
	const list = [...counters.keys()].map(name => ({...summarize(name, metric), total: counters.get(name)}));

	list.sort((a, b) => b.sum - a.sum || b.total - a.total || (a.name < b.name ? -1 : 1));
	if (list.length <= SERIES + 1)
		return list;
	return [...list.slice(0, SERIES), seriesSum(list.slice(SERIES), `${list.length - SERIES} others`)];
}

/* A name keeps its colour while it is shown. */
class Palette {
	#taken = new Map();

	assign(list) {
		const shown = new Set(list.map(series => series.name));

		for (const name of this.#taken.keys())
			if (!shown.has(name))
				this.#taken.delete(name);
		for (const series of list)
			series.colour = series.others ? SERIES : this.#colour(series.name);
	}

	#colour(name) {
		const used = new Set(this.#taken.values());

		for (let colour = 0; !this.#taken.has(name); colour++)
			if (!used.has(colour))
				this.#taken.set(name, colour);
		return this.#taken.get(name);
	}
}

/* A round number. */
function niceAbove(value) {
	const power = 10 ** Math.floor(Math.log10(value || 1));

	return [1, 2, 3, 4, 5, 6, 8, 10].map(n => n * power).find(limit => limit >= value);
}

/* ---- charts ---- */

let cursor = null; /* uptime of the sample that all charts show; null: the last one */
const charts = [];

function drawCharts() {
	for (const chart of charts)
		chart.draw();
}

function setCursor(at) {
	if (cursor !== at) {
		cursor = at;
		drawCharts();
	}
}

function cursorIndex() {
	const found = cursor === null ? -1 : history.samples.findIndex(sample => sample.at >= cursor);

	return found < 0 ? history.samples.length - 1 : found;
}

class Chart {
	#plot; #svg; #body; #moment; #metric; #format; #empty; #isAudit; #palette = new Palette();

	/* metric(): of history's; format(rate): how it reads; empty: what to say where there
	 * is nothing; isAudit(name): it is marked so. */
	constructor(section, {metric, format, empty, isAudit = () => false}) {
		this.#empty = empty;
		this.#isAudit = isAudit;
		this.#plot = section.querySelector('.plot');
		this.#body = section.querySelector('tbody');
		this.#moment = section.querySelector('.moment');
		this.#metric = metric;
		this.#format = format;
		this.#svg = svg('svg', {'aria-hidden': 'true', height: PLOT.height});
		this.#plot.append(this.#svg);
		addAttributes(this.#plot, {tabindex: 0, role: 'slider', 'aria-valuemin': -WINDOW, 'aria-valuemax': 0,
			'aria-label': section.querySelector('h2').textContent + ': moment'});
		this.#listen();
		new ResizeObserver(() => this.draw()).observe(this.#plot);
	}

	#listen() {
		this.#plot.addEventListener('pointermove', event => this.#point(event.offsetX));
		this.#plot.addEventListener('pointerdown', event => this.#point(event.offsetX));
		for (const end of ['pointerleave', 'blur'])
			this.#plot.addEventListener(end, () => setCursor(null));
		this.#plot.addEventListener('keydown', event => this.#key(event));
	}

	#x(at) {
		const width = this.#plot.clientWidth - PLOT.left - PLOT.right;

		return PLOT.left + width * (1 - (history.uptime - at) / WINDOW);
	}

	#point(x) {
		const near = history.samples.reduce((best, sample) =>
			!best || Math.abs(this.#x(sample.at) - x) < Math.abs(this.#x(best.at) - x) ? sample : best, null);

		setCursor(near && near.at);
	}

	#key(event) {
		const last = history.samples.length - 1, at = cursorIndex();
		const to = {ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1,
			PageDown: at - 15, PageUp: at + 15, Home: 0, End: last, Escape: last}[event.key];

		if (to === undefined || last < 0)
			return;
		event.preventDefault();
		setCursor(to >= last ? null : history.samples[Math.max(0, to)].at);
	}

	draw() {
		const list = seriesOf(this.#metric());

		this.#palette.assign(list);
		this.#svg.setAttribute('width', this.#plot.clientWidth);
		this.#drawPlot(list);
		this.#drawTable(list);
		this.#say(list);
	}

	#drawPlot(list) {
		const stacks = history.samples.map(() => 0);
		const peak = Math.max(0, ...history.samples.map((_, i) => list.reduce((sum, one) => sum + one.rates[i], 0)));
		const most = niceAbove(peak), areas = [];
		const y = rate => PLOT.height - PLOT.bottom - (PLOT.height - PLOT.top - PLOT.bottom) * rate / most;

		for (const series of list) {
			const base = [...stacks];

			series.rates.forEach((rate, i) => { stacks[i] += rate; });
			if (series.sum)
				areas.push(svg('path', {class: 'area s' + series.colour,
					d: this.#area(base, stacks, y)}));
		}
		this.#svg.replaceChildren(...this.#axes(most, y), ...areas, ...this.#cursorLine());
	}

	/* Between two lines, broken where there were no samples. */
	#area(below, above, y) {
		const samples = history.samples;
		let path = '', from = 0;

		for (let i = 1; i <= samples.length; i++) {
			if (i < samples.length && samples[i].at - samples[i - 1].at < GAP)
				continue;
			const run = Array.from({length: i - from}, (_, k) => from + k);
			const point = values => k => `${this.#x(samples[k].at).toFixed(1)} ${y(values[k]).toFixed(1)}`;

			path += `M${run.map(point(above)).join('L')}L${run.reverse().map(point(below)).join('L')}Z`;
			from = i;
		}
		return path;
	}

	#axes(most, y) {
		const right = this.#plot.clientWidth - PLOT.right, made = [];

		for (const rate of [0, most / 2, most]) {
			made.push(svg('line', {class: 'grid', x1: PLOT.left, x2: right, y1: y(rate), y2: y(rate)}));
			made.push(svg('text', {x: PLOT.left - 6, y: y(rate) + 4, 'text-anchor': 'end'}, this.#format(rate)));
		}
		return [...made, ...this.#minutes()];
	}

	#minutes() {
		const last = history.samples.at(-1), made = [];

		if (!last)
			return made;
		for (let time = last.time - last.time % MINUTE; time > last.time - WINDOW + 15; time -= MINUTE) {
			const x = this.#x(last.at - (last.time - time));

			if (x < this.#plot.clientWidth - 20)
				made.push(svg('text', {x, y: PLOT.height - 4, 'text-anchor': 'middle'},
					formatClock(time).slice(0, 5)));
		}
		return made;
	}

	#cursorLine() {
		if (cursor === null || !history.samples.length)
			return [];
		const x = this.#x(history.samples[cursorIndex()].at);

		return [svg('line', {class: 'cursor', x1: x, x2: x, y1: PLOT.top, y2: PLOT.height - PLOT.bottom})];
	}

	#drawTable(list) {
		const at = cursorIndex(), sample = history.samples[at], n = history.samples.length;
		const rate = value => n ? this.#format(value) : NOTHING;
		const total = this.#metric() === 'passBytes' ? formatBytes : formatCount;
		const mean = series => series.rates.reduce((sum, one) => sum + one, 0) / (n || 1);
		const peak = series => Math.max(0, ...series.rates);
		const number = (value, text) => element('td', {class: 'number'}, element('data', {value}, text));

		setText(this.#moment, cursor !== null && sample ? formatClock(sample.time) : 'Now');
		this.#body.replaceChildren(...list.map(series => element('tr', {'data-name': series.name},
			element('th', {scope: 'row'}, element('i', {class: 'swatch s' + series.colour}), series.name,
				...(this.#isAudit(series.name) ? [' ', badge('audit', 'audit')] : [])),
			number(series.rates[at] || 0, rate(series.rates[at])),
			number(mean(series), rate(mean(series))), number(peak(series), rate(peak(series))),
			number(series.total, total(series.total)))));
		if (!list.length)
			this.#body.append(element('tr', {}, element('td', {colspan: 5, class: 'empty'},
				history.counters ? this.#empty : NOTHING)));
	}

	#say(list) {
		const at = cursorIndex(), sample = history.samples[at];

		addAttributes(this.#plot, {
			'aria-valuenow': sample ? Math.round(sample.at - history.uptime) : 0,
			'aria-valuetext': !sample ? 'no rates yet' : `${formatClock(sample.time)}: ` + (list.map(series =>
				`${series.name} ${this.#format(series.rates[at])}`).join(', ') || 'nothing'),
		});
	}
}
