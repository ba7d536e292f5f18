/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of devices, and one of them in detail. */

const TOP = 50;
const SEARCH_DELAY = 150; /* ms after the last key */

/* ---- the list ---- */

const devices = {
	rows: new Map(), /* by name: {row, update} */
	asked: null, /* AbortController of the question that is under way */

	path() {
		const query = new URLSearchParams({sort: byId('sort').value, top: TOP});

		for (const key of ['search', 'segment'])
			if (byId(key).value)
				query.set(key, byId(key).value);
		return 'api/devices?' + query;
	},

	/* fresh: the user has asked for something else; what is under way is not waited for. */
	async refresh(fresh) {
		if (this.asked && !fresh)
			return;
		this.asked?.abort();
		const asked = this.asked = new AbortController();

		try {
			const answer = await ask(this.path(), asked);

			if (this.asked === asked)
				this.show(answer, fresh);
		} catch (error) {
			if (this.asked === asked)
				this.fail(error);
		} finally {
			if (this.asked === asked)
				this.asked = null;
		}
	},

	/* Whether the daemon is gone is for poll() to say. */
	fail(error) {
		if (error.status === 400)
			byId('segment').value = ''; /* the policy has it no more */
		else
			setText(byId('devices-held'), error.status ? error.message : 'not answered yet');
	},

	show(answer, fresh) {
		const body = byId('device-rows'), held = !fresh && isHeld(body);

		for (const device of answer.devices)
			this.update(device, answer.time);

		if (!held)
			this.arrange(body, answer.devices);
		setText(byId('devices-held'), held ? 'order held' : '');
		setText(byId('devices-count'), answer.matching > answer.devices.length ?
			`${formatCount(answer.devices.length)} of ${formatCount(answer.matching)}` :
			formatCount(answer.matching));
	},

	arrange(body, list) {
		const names = new Set(list.map(device => device.device));

		for (const name of this.rows.keys())
			if (!names.has(name))
				this.rows.delete(name);
		body.replaceChildren(...list.map(device => this.rows.get(device.device)));
		if (!list.length)
			body.append(element('tr', {}, element('td', {colspan: 8, class: 'empty'},
				byId('search').value || byId('segment').value ? 'No device is like that' :
					'The policy lists no device')));
	},

	update(device, now) {
		const name = device.device, cells = deviceCells(device, now);
		let row = this.rows.get(name);

		if (!row) {
			row = element('tr', {'data-name': name},
				element('th', {scope: 'row'}, deviceButton(name)));
			row.addEventListener('click', () => openDevice(name));
			this.rows.set(name, row);
		}
		while (row.children.length > 1)
			row.lastChild.remove();
		row.append(...cells);
	},

	clear(why) {
		this.asked?.abort();
		this.asked = null;
		this.rows.clear();
		byId('device-rows').replaceChildren(element('tr', {},
			element('td', {colspan: 8, class: 'empty'}, why)));
		setText(byId('devices-count'), '');
	},
};

function deviceCells(device, now) {
	const number = (value, kind) => element('td', {class: 'number ' + kind}, countElement(value));

	return [
		element('td', {class: 'medium'}, device.segment),
		element('td', {class: 'wide'}, device.state === 'active' ? 'active' : badge(device.state, 'drop')),
		number(device.dropped, device.dropped ? 'refused' : ''),
		number(device.passed, 'medium'),
		number(device.audit, 'wide'),
		element('td', {class: 'reason'}, device.last_reason || NOTHING),
		element('td', {class: 'number medium'}, ageElement(device.last_seen, now)),
	];
}

function deviceButton(name) {
	const button = element('button', {type: 'button', class: 'device', 'aria-haspopup': 'dialog'}, name);

	button.addEventListener('click', event => {
		event.stopPropagation();
		openDevice(name);
	});
	return button;
}

/* The segments to choose from, as the policy has them now. */
function offerSegments(segments) {
	const select = byId('segment'), names = segments.map(segment => segment.segment).filter(name => name !== null);
	const offered = [...select.options].slice(1).map(option => option.value);

	if (names.join() === offered.join())
		return;
	const chosen = select.value;

	select.replaceChildren(select.options[0], ...names.map(name => element('option', {value: name}, name)));
	select.value = names.includes(chosen) ? chosen : '';
}

/* ---- one in detail: whatever the daemon says of it, in its order ---- */

const TIMES = new Set(['last_seen', 'last_refused', 'last_used', 'quarantined_until', 'valid_from', 'valid_until']);

/* "dhcp_server": "DHCP server" */
function titleOf(key) {
	const words = key.replaceAll('_', ' ').replace(/\b(mac|dhcp)\b/g, word => word.toUpperCase());

	return words[0].toUpperCase() + words.slice(1);
}

function scalar(key, value) {
	if (value === null || value === '')
		return NOTHING;
	if (typeof value === 'boolean')
		return value ? 'yes' : 'no';
	if (typeof value === 'string')
		return value;
	if (TIMES.has(key))
		return timeElement(value, formatMoment(value));
	return element('data', {value}, key.endsWith('bytes') ? formatBytes(value) : value.toLocaleString('en-US'));
}

function tableOf(key, list) {
	const columns = [...new Set(list.flatMap(Object.keys))];
	const kind = column => list.some(one => typeof one[column] === 'number') ? {class: 'number'} : {};

	return element('div', {class: 'rows', tabindex: 0, role: 'region', 'aria-label': titleOf(key)}, element('table', {},
		element('thead', {}, element('tr', {}, ...columns.map(column =>
			element('th', {scope: 'col', ...kind(column)}, titleOf(column))))),
		element('tbody', {}, ...list.map(one => element('tr', {}, ...columns.map(column =>
			element('td', kind(column), describe(column, column in one ? one[column] : null))))))));
}

function describe(key, value) {
	if (Array.isArray(value) && value.some(one => one !== null && typeof one === 'object'))
		return tableOf(key, value);
	if (Array.isArray(value))
		return value.length ? value.join(', ') : NOTHING;
	return value !== null && typeof value === 'object' ? describeObject(value) : scalar(key, value);
}

function describeObject(object) {
	const short = element('dl', {class: 'facts'}), made = [short];

	for (const [key, value] of Object.entries(object)) {
		const shown = describe(key, value);

		if (shown instanceof Element && shown.matches('.rows'))
			made.push(element('h3', {}, titleOf(key)), shown);
		else
			short.append(element('div', {'data-key': key}, element('dt', {}, titleOf(key)), element('dd', {}, shown)));
	}
	return element('div', {}, ...made);
}

let opened = null; /* name of the device whose details are shown */
let askedFor = null; /* name of the one that the daemon was asked for and has not answered */

function openDevice(name) {
	opened = name;
	setText(byId('device-title'), name);
	byId('device-body').replaceChildren(element('p', {class: 'empty'}, 'Loading'));
	if (!byId('device').open)
		byId('device').showModal();
	showDeviceEvents();
	refreshDevice();
}

/* What has the focus is not taken away: it is shown anew when that has gone elsewhere. */
async function refreshDevice() {
	const name = opened, body = byId('device-body');
	let shown;

	if (name === null || name === askedFor)
		return;
	askedFor = name;
	try {
		const {device, ...rest} = await ask('api/device?' + new URLSearchParams({name}));

		shown = describeObject(rest);
	} catch (error) {
		shown = element('p', {class: 'alert'}, error.status ? error.message : 'No answer yet, trying again.');
	}
	if (name === askedFor)
		askedFor = null;
	if (name === opened && !body.contains(document.activeElement))
		body.replaceChildren(shown);
}

/* ---- what the user does ---- */

function listenToDevices() {
	const again = () => devices.refresh(true);
	let typed = 0;

	byId('search').addEventListener('input', () => {
		clearTimeout(typed);
		typed = setTimeout(again, SEARCH_DELAY);
	});
	byId('segment').addEventListener('change', again);
	byId('sort').addEventListener('change', again);
	byId('device-close').addEventListener('click', () => byId('device').close());
	byId('device').addEventListener('close', () => { opened = null; });
	byId('device').addEventListener('click', event => {
		if (event.target === byId('device'))
			byId('device').close(); /* beside it */
	});
}
