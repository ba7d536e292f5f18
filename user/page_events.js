/* SPDX-License-Identifier: GPL-2.0-only */
/* The last events, as the daemon sends them. */

const KEPT = 200;
const STREAM_RETRY = 2000; /* ms, where the browser has given up */
const SHOW_DELAY = 200; /* ms: so many are shown at once */

const events = {
	source: null,
	shown: [], /* the newest first: {id, event} or {note} */
	waiting: [], /* the same, not shown yet */
	lost: 0,
	last: 0, /* id of the newest */
	connected: false,
	interrupted: false,
	paused: false,
	timer: 0,

	connect() {
		const source = this.source = new EventSource(address('events?since=' + this.last));

		source.onopen = () => {
			if (this.interrupted)
				this.take({note: 'Connected again; what happened meanwhile may be missing.'});
			this.connected = true;
			this.interrupted = false;
			this.say();
		};
		source.onmessage = message => this.receive(Number(message.lastEventId), message.data);
		source.addEventListener('lost', message => this.lose(message.data));
		source.onerror = () => {
			this.interrupted ||= this.connected;
			this.connected = false;
			this.say();
			if (source.readyState === EventSource.CLOSED)
				setTimeout(() => this.connect(), STREAM_RETRY);
		};
	},

	receive(id, data) {
		this.last = id;
		this.take({id, event: JSON.parse(data)});
	},

	/* What was before the first event is old, and not lost. */
	lose(data) {
		const lost = JSON.parse(data).lost;

		if (!this.last)
			return;
		this.lost += lost;
		this.take({note: `${formatCount(lost)} events were lost: they came faster than they were read.`});
	},

	take(item) {
		this.waiting.unshift(item);
		this.waiting.length = Math.min(this.waiting.length, KEPT);
		this.timer = this.timer || setTimeout(() => this.show(), SHOW_DELAY);
	},

	show() {
		this.timer = 0;
		if (this.paused || isHeld(byId('event-rows')))
			this.timer = setTimeout(() => this.show(), SHOW_DELAY);
		else
			this.showWaiting(byId('event-rows'));
		this.say();
	},

	showWaiting(list) {
		const fresh = this.waiting;

		this.waiting = [];
		this.shown = [...fresh, ...this.shown].slice(0, KEPT);
		list.querySelector('.empty')?.remove();
		list.prepend(...fresh.map(item => eventRow(item, true)));
		while (list.children.length > KEPT)
			list.lastChild.remove();
		if (opened !== null)
			showDeviceEvents();
	},

	say() {
		const waiting = this.waiting.length && this.timer ? `, ${this.waiting.length} waiting` : '';
		const lost = this.lost ? `, ${formatCount(this.lost)} lost` : '';

		setText(byId('events-state'), this.connected ? (this.paused ? 'Paused' : waiting ? 'Held' : 'Live') + waiting + lost :
			'Not connected, trying again');
		if (this.connected && !this.shown.length && !this.waiting.length)
			byId('event-rows').replaceChildren(element('li', {class: 'empty'}, 'Nothing was refused lately'));
	},

	pause() {
		this.paused = !this.paused;
		byId('pause').setAttribute('aria-pressed', this.paused);
		clearTimeout(this.timer);
		this.show();
	},
};

/* "10.20.0.17:4711", "[fd00::1]:53" */
function endpoint(addr, port) {
	if (addr === null)
		return NOTHING;
	return port === null ? addr : addr.includes(':') ? `[${addr}]:${port}` : `${addr}:${port}`;
}

function eventPath(event) {
	if (event.src === null && event.dst === null)
		return `${event.mac}, EtherType ${event.ethertype ?? 'none'}`;
	return `${endpoint(event.src, event.sport)} → ${endpoint(event.dst, event.dport)}`;
}

function eventDetails(event) {
	const icmp = event.icmp_type === null ? '' : ` type ${event.icmp_type}`;

	return [
		(event.protocol ?? (event.ethertype === '0x0806' ? 'arp' : '')) + icmp,
		`${event.direction} ${event.interface ?? '?'}` + (event.vlan === null ? '' : ` vlan ${event.vlan}`),
		event.segment ?? 'no segment', event.mac,
	].filter(Boolean).join(' · ');
}

/* named: with the device it is about. */
function eventRow(item, named) {
	const event = item.event;

	if (!event)
		return element('li', {class: 'note'}, item.note);
	return element('li', {'data-id': item.id},
		timeElement(event.time, formatClock(event.time)),
		badge(event.reason + (event.verdict === 'audit' ? ' (audit)' : ''), verdictClass(event.verdict)),
		...(named ? [event.device === null ? element('span', {class: 'nobody'}, 'no device') :
			deviceButton(event.device)] : []),
		element('span', {class: 'count'}, event.count > 1 ? `× ${formatCount(event.count)}` : ''),
		element('span', {class: 'path'}, eventPath(event)),
		element('span', {class: 'where'}, eventDetails(event)));
}

/* Of the device whose details are open. */
function showDeviceEvents() {
	const list = byId('device-events');
	const mine = events.shown.filter(item => item.event && item.event.device === opened).slice(0, 20);

	list.replaceChildren(...mine.map(item => eventRow(item, false)));
	if (!mine.length)
		list.append(element('li', {class: 'empty'}, 'None lately'));
}
