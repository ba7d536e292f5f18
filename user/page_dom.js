/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the page share: elements, and how values read. Text from the network only ever becomes text. */
'use strict';

const MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const NOTHING = '–';

const byId = id => document.getElementById(id);

function addAttributes(made, attributes) {
	for (const [key, value] of Object.entries(attributes))
		made.setAttribute(key, value);
}

/* element('td', {class: 'number'}, 'text', child, ...) */
function element(name, attributes = {}, ...children) {
	const made = document.createElement(name);

	addAttributes(made, attributes);
	made.append(...children);
	return made;
}

function svg(name, attributes = {}, ...children) {
	const made = document.createElementNS('http://www.w3.org/2000/svg', name);

	addAttributes(made, attributes);
	made.append(...children);
	return made;
}

/* Unchanged text stays as it is, so that nothing is announced or selected anew. */
function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}

/* Nobody likes a list that moves under the pointer, or a focus that is lost. */
function isHeld(list) {
	return list.contains(document.activeElement) ||
		(matchMedia('(hover: hover)').matches && list.matches(':hover'));
}

/* ---- values ---- */

const whole = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});

function scaled(number, step, units) {
	let unit = 0;

	while (number >= step && unit < units.length - 1) {
		number /= step;
		unit++;
	}
	return (unit && number < 100 ? number.toPrecision(3) : whole.format(number)) + units[unit];
}

const formatCount = number => whole.format(number);
const formatBytes = number => scaled(number, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB', ' PiB']);

/* Packets a second. */
function formatRate(rate) {
	return rate > 0 && rate < 10 ? String(Number(rate.toFixed(1))) : scaled(rate, 1000, ['', 'k', 'M', 'G']);
}

const formatByteRate = rate => formatBytes(rate);

/* The two largest units, as picket itself says it: "3m12s". */
function formatDuration(seconds) {
	const units = [[DAY, 'd'], [HOUR, 'h'], [MINUTE, 'm'], [1, 's']];
	let left = Math.max(0, Math.floor(seconds)), said = [];

	for (const [size, name] of units) {
		if (left >= size || (size === 1 && !said.length))
			said.push(Math.floor(left / size) + name);
		left %= size;
	}
	return said.slice(0, 2).join('');
}

const two = number => String(number).padStart(2, '0');

function formatClock(unix) {
	const at = new Date(unix * 1000);

	return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function formatMoment(unix) {
	const at = new Date(unix * 1000);

	return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${formatClock(unix)}`;
}

/* ---- values as elements: the exact one is in an attribute ---- */

const countElement = number => element('data', {value: number}, formatCount(number));

function timeElement(unix, text) {
	return element('time', {datetime: new Date(unix * 1000).toISOString(), title: formatMoment(unix)}, text);
}

function ageElement(unix, now) {
	return unix === null ? NOTHING : timeElement(unix, formatDuration(now - unix));
}

const verdictClass = verdict => verdict === 'audit' ? 'audit' : 'drop';

function badge(text, kind) {
	return element('span', {class: 'badge ' + kind}, text);
}

/* ---- the daemon ---- */

const TIMEOUT = 10000; /* ms */

/* Made without what a user may have written into the address before the host: no request may carry that. */
const address = path => new URL(path, location.origin + location.pathname);

/*
 * The answer's object; else an error whose status is HTTP's, or nothing when there was no answer. Who asks may
 * give up by the controller.
 */
async function ask(path, controller = new AbortController()) {
	const timer = setTimeout(() => controller.abort(), TIMEOUT);

	try {
		const response = await fetch(address(path), {cache: 'no-store', signal: controller.signal});

		if (!response.ok)
			throw Object.assign(new Error((await response.text()).trim()), {status: response.status});
		return await response.json();
	} finally {
		clearTimeout(timer);
	}
}
