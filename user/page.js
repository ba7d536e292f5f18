/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks the daemon again and again, and shows what is live, or why nothing can be known. */

const PERIOD = 2000; /* ms between answer and question */

const FORMATS = {passPackets: formatRate, passBytes: formatByteRate, dropPackets: formatRate, auditPackets: formatRate};

let goneSince = null; /* Unix, s: when the daemon was last heard of, before it answered no more */

/* ---- what is live ---- */

function setConnection(state, text) {
	byId('connection').dataset.state = document.body.dataset.state = state;
	setText(byId('connection'), text);
}

function showPolicy(status) {
	const mode = byId('policy-mode');

	setText(byId('policy-name'), status.policy);
	setText(byId('policy-hash'), status.hash.slice(0, 12));
	byId('policy-hash').title = status.hash;
	setText(mode, status.mode);
	mode.className = status.mode;
	byId('policy-since').replaceChildren(
		timeElement(status.since, `${formatMoment(status.since)} (${formatDuration(status.age)})`));
	document.title = `${status.policy}: picket`;
}

function portName(port) {
	return port.interface + (port.vlan === null ? '' : ` vlan ${port.vlan}`);
}

function showPorts(ports) {
	byId('ports').replaceChildren(...ports.map(port => element('li', {class: port.attached ? 'good' : 'bad'},
		element('strong', {}, portName(port)), ' ',
		port.attached ? `${port.mode} in, ${port.egress} out` : 'NOT ATTACHED')));
	if (!ports.length)
		byId('ports').append(element('li', {class: 'empty'}, 'The policy names no interface'));
}

function tile(title, kind, value, detail) {
	return element('div', {class: 'tile ' + kind, 'data-total': kind}, element('dt', {}, title),
		element('dd', {}, countElement(value), detail === null ? '' : element('small', {}, detail)));
}

function verdictTile(title, metric, total) {
	const rate = history.now(metric);

	return tile(title, total.verdict, total.packets,
		`${rate === null ? NOTHING : formatRate(rate)}/s · ${formatBytes(total.bytes)}`);
}

function showTotals(status) {
	const of = Object.fromEntries(status.totals.map(total => [total.verdict, total]));
	const tiles = [
		verdictTile('Passed', 'passPackets', of.pass), verdictTile('Dropped', 'dropPackets', of.drop),
		verdictTile('Audit', 'auditPackets', of.audit), tile('Flows opened', 'flows', status.flows_opened, null),
		tile('Devices', 'devices', status.devices, null), tile('Segments', 'segments', status.segments, null),
		tile('Events lost', 'lost', status.events_lost, null),
	];

	if (status.unfiltered)
		tiles.push(tile('Came in unfiltered', 'unfiltered', status.unfiltered, 'before a port was attached'));
	byId('totals').replaceChildren(...tiles);
}

/* Each is said once, when it begins. */
function showAlerts(list) {
	const box = byId('alerts');

	if ([...box.children].map(one => one.textContent).join('\n') !== list.join('\n'))
		box.replaceChildren(...list.map(text => element('p', {class: 'alert'}, text)));
}

function alertsOf(status) {
	const list = status.ports.filter(port => !port.attached).map(port =>
		`${portName(port)} is not attached: what arrives there is not filtered.`);

	if (status.apply_failed)
		list.push('The last apply failed, and the policy before it is live: the daemon’s log says why.');
	return list;
}

function showLive(status, segments) {
	goneSince = null;
	setConnection('live', 'Live');
	byId('clock').replaceChildren(timeElement(status.time, formatClock(status.time)));
	history.add(segments);
	showPolicy(status);
	showPorts(status.ports);
	showTotals(status);
	showAlerts(alertsOf(status));
	offerSegments(segments.segments);
	drawCharts();
}

/* ---- what is not ---- */

function showNothing(sentence) {
	goneSince = null;
	setConnection('nothing', 'Nothing is live');
	showAlerts([`No packet is filtered: ${sentence}.`]);
	for (const id of ['policy-name', 'policy-mode', 'policy-hash', 'policy-since'])
		setText(byId(id), NOTHING);
	byId('policy-mode').className = '';
	byId('ports').replaceChildren(element('li', {class: 'bad'}, 'NOTHING IS ATTACHED'));
	byId('totals').replaceChildren();
	history.forget();
	drawCharts();
	devices.clear('Nothing is live');
	document.title = 'Nothing is live: picket';
}

function showGone(error) {
	goneSince = goneSince || Date.now() / 1000;
	setConnection('gone', 'Disconnected');
	showAlerts([`Disconnected since ${formatClock(goneSince)}, trying again: ` +
		(error.status ? `the daemon says “${error.message}”.` :
			'the daemon does not answer. What is live goes on filtering without it.')]);
	document.title = 'Disconnected: picket';
}

function showTrouble(error) {
	if (error.status === 503)
		showNothing(error.message);
	else
		showGone(error);
}

/* ---- again and again ---- */

async function poll() {
	try {
		const [status, segments] = await Promise.all([ask('api/status'), ask('api/segments')]);

		showLive(status, segments);
		refreshDevice();
		if (!document.hidden)
			devices.refresh(false);
	} catch (error) {
		showTrouble(error);
	}
	setTimeout(poll, PERIOD);
}

function start() {
	const metric = byId('metric');

	charts.push(new Chart(byId('by-segment'), {
		metric: () => metric.value, format: rate => FORMATS[metric.value](rate), empty: 'No segment',
		isAudit: name => history.audit.has(name),
	}), new Chart(byId('by-reason'), {
		metric: () => 'reasons', format: formatRate, empty: 'Nothing was refused',
	}));
	metric.addEventListener('change', drawCharts);
	listenToDevices();
	byId('pause').addEventListener('click', () => events.pause());
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden)
			devices.refresh(false);
	});
	events.connect();
	poll();
}

start();
