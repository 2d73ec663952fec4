// A TCP relay with a delay and a window for each connection, as a process of its own. `exports.mjs` starts it.
import net from 'node:net';

/** As `exports.mjs` sets it: milliseconds, bytes in flight on one connection, and bytes after which one breaks, once. */
const network = { roundTrip: 0, window: Number.POSITIVE_INFINITY, breakAfter: Number.POSITIVE_INFINITY };
process.on('message', (message) => {
  Object.assign(network, message);
  process.send({ isSet: true });
});
process.on('disconnect', () => process.exit(0));

const [host, port, targetHost, targetPort] = process.argv.slice(2);
const server = net.createServer({ noDelay: true }, (client) => {
  const upstream = net.connect({ host: targetHost, port: Number(targetPort), noDelay: true });
  // Loopback connects at once, where a network takes one round trip.
  const connected = performance.now() + network.roundTrip;
  pass(client, upstream, () => Math.max(performance.now(), connected) + network.roundTrip / 2);
  pass(upstream, client, () => performance.now() + network.roundTrip / 2);
});
server.listen(Number(port), host, () => process.send({ isListening: true }));

/** Passes bytes on when they are due, and reads no more than the window while the others are not acknowledged. */
function pass(from, to, dueTime) {
  const queue = [];
  let inFlight = 0;
  let timer;
  const schedule = () => {
    if (timer === undefined && queue.length > 0) {
      timer = setTimeout(flush, Math.max(0, queue[0].due - performance.now() - 0.5));
    }
  };
  const flush = () => {
    timer = undefined;
    while (queue.length > 0 && queue[0].due - performance.now() < 0.5) queue.shift().act();
    schedule();
  };
  const enqueue = (due, act) => {
    let at = queue.length;
    while (at > 0 && queue[at - 1].due > due) at -= 1;
    queue.splice(at, 0, { due, act });
    if (at === 0) {
      clearTimeout(timer);
      timer = undefined;
    }
    schedule();
  };
  from.on('data', (chunk) => {
    const due = dueTime();
    inFlight += chunk.length;
    network.breakAfter -= chunk.length;
    if (network.breakAfter < 0) {
      network.breakAfter = Number.POSITIVE_INFINITY;
      from.destroy();
      return to.resetAndDestroy();
    }
    if (network.roundTrip === 0) {
      inFlight -= chunk.length;
      if (!to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      return undefined;
    }
    enqueue(due, () => to.write(chunk));
    // The acknowledgement takes the way back.
    enqueue(due + network.roundTrip / 2, () => {
      inFlight -= chunk.length;
      if (inFlight < network.window) from.resume();
    });
    if (inFlight >= network.window) from.pause();
    return undefined;
  });
  from.on('end', () => enqueue(dueTime(), () => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => enqueue(dueTime(), () => to.destroySoon()));
}
