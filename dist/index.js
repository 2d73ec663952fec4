/******/ (() => { // webpackBootstrap
/******/ 	var __webpack_modules__ = ({

/***/ 770:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

module.exports = __nccwpck_require__(218);


/***/ }),

/***/ 218:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

"use strict";
var __webpack_unused_export__;


var net = __nccwpck_require__(278);
var tls = __nccwpck_require__(756);
var http = __nccwpck_require__(611);
var https = __nccwpck_require__(692);
var events = __nccwpck_require__(434);
var assert = __nccwpck_require__(613);
var util = __nccwpck_require__(23);


exports.httpOverHttp = httpOverHttp;
exports.httpsOverHttp = httpsOverHttp;
exports.httpOverHttps = httpOverHttps;
exports.httpsOverHttps = httpsOverHttps;


function httpOverHttp(options) {
  var agent = new TunnelingAgent(options);
  agent.request = http.request;
  return agent;
}

function httpsOverHttp(options) {
  var agent = new TunnelingAgent(options);
  agent.request = http.request;
  agent.createSocket = createSecureSocket;
  agent.defaultPort = 443;
  return agent;
}

function httpOverHttps(options) {
  var agent = new TunnelingAgent(options);
  agent.request = https.request;
  return agent;
}

function httpsOverHttps(options) {
  var agent = new TunnelingAgent(options);
  agent.request = https.request;
  agent.createSocket = createSecureSocket;
  agent.defaultPort = 443;
  return agent;
}


function TunnelingAgent(options) {
  var self = this;
  self.options = options || {};
  self.proxyOptions = self.options.proxy || {};
  self.maxSockets = self.options.maxSockets || http.Agent.defaultMaxSockets;
  self.requests = [];
  self.sockets = [];

  self.on('free', function onFree(socket, host, port, localAddress) {
    var options = toOptions(host, port, localAddress);
    for (var i = 0, len = self.requests.length; i < len; ++i) {
      var pending = self.requests[i];
      if (pending.host === options.host && pending.port === options.port) {
        // Detect the request to connect same origin server,
        // reuse the connection.
        self.requests.splice(i, 1);
        pending.request.onSocket(socket);
        return;
      }
    }
    socket.destroy();
    self.removeSocket(socket);
  });
}
util.inherits(TunnelingAgent, events.EventEmitter);

TunnelingAgent.prototype.addRequest = function addRequest(req, host, port, localAddress) {
  var self = this;
  var options = mergeOptions({request: req}, self.options, toOptions(host, port, localAddress));

  if (self.sockets.length >= this.maxSockets) {
    // We are over limit so we'll add it to the queue.
    self.requests.push(options);
    return;
  }

  // If we are under maxSockets create a new one.
  self.createSocket(options, function(socket) {
    socket.on('free', onFree);
    socket.on('close', onCloseOrRemove);
    socket.on('agentRemove', onCloseOrRemove);
    req.onSocket(socket);

    function onFree() {
      self.emit('free', socket, options);
    }

    function onCloseOrRemove(err) {
      self.removeSocket(socket);
      socket.removeListener('free', onFree);
      socket.removeListener('close', onCloseOrRemove);
      socket.removeListener('agentRemove', onCloseOrRemove);
    }
  });
};

TunnelingAgent.prototype.createSocket = function createSocket(options, cb) {
  var self = this;
  var placeholder = {};
  self.sockets.push(placeholder);

  var connectOptions = mergeOptions({}, self.proxyOptions, {
    method: 'CONNECT',
    path: options.host + ':' + options.port,
    agent: false,
    headers: {
      host: options.host + ':' + options.port
    }
  });
  if (options.localAddress) {
    connectOptions.localAddress = options.localAddress;
  }
  if (connectOptions.proxyAuth) {
    connectOptions.headers = connectOptions.headers || {};
    connectOptions.headers['Proxy-Authorization'] = 'Basic ' +
        new Buffer(connectOptions.proxyAuth).toString('base64');
  }

  debug('making CONNECT request');
  var connectReq = self.request(connectOptions);
  connectReq.useChunkedEncodingByDefault = false; // for v0.6
  connectReq.once('response', onResponse); // for v0.6
  connectReq.once('upgrade', onUpgrade);   // for v0.6
  connectReq.once('connect', onConnect);   // for v0.7 or later
  connectReq.once('error', onError);
  connectReq.end();

  function onResponse(res) {
    // Very hacky. This is necessary to avoid http-parser leaks.
    res.upgrade = true;
  }

  function onUpgrade(res, socket, head) {
    // Hacky.
    process.nextTick(function() {
      onConnect(res, socket, head);
    });
  }

  function onConnect(res, socket, head) {
    connectReq.removeAllListeners();
    socket.removeAllListeners();

    if (res.statusCode !== 200) {
      debug('tunneling socket could not be established, statusCode=%d',
        res.statusCode);
      socket.destroy();
      var error = new Error('tunneling socket could not be established, ' +
        'statusCode=' + res.statusCode);
      error.code = 'ECONNRESET';
      options.request.emit('error', error);
      self.removeSocket(placeholder);
      return;
    }
    if (head.length > 0) {
      debug('got illegal response body from proxy');
      socket.destroy();
      var error = new Error('got illegal response body from proxy');
      error.code = 'ECONNRESET';
      options.request.emit('error', error);
      self.removeSocket(placeholder);
      return;
    }
    debug('tunneling connection has established');
    self.sockets[self.sockets.indexOf(placeholder)] = socket;
    return cb(socket);
  }

  function onError(cause) {
    connectReq.removeAllListeners();

    debug('tunneling socket could not be established, cause=%s\n',
          cause.message, cause.stack);
    var error = new Error('tunneling socket could not be established, ' +
                          'cause=' + cause.message);
    error.code = 'ECONNRESET';
    options.request.emit('error', error);
    self.removeSocket(placeholder);
  }
};

TunnelingAgent.prototype.removeSocket = function removeSocket(socket) {
  var pos = this.sockets.indexOf(socket)
  if (pos === -1) {
    return;
  }
  this.sockets.splice(pos, 1);

  var pending = this.requests.shift();
  if (pending) {
    // If we have pending requests and a socket gets closed a new one
    // needs to be created to take over in the pool for the one that closed.
    this.createSocket(pending, function(socket) {
      pending.request.onSocket(socket);
    });
  }
};

function createSecureSocket(options, cb) {
  var self = this;
  TunnelingAgent.prototype.createSocket.call(self, options, function(socket) {
    var hostHeader = options.request.getHeader('host');
    var tlsOptions = mergeOptions({}, self.options, {
      socket: socket,
      servername: hostHeader ? hostHeader.replace(/:.*$/, '') : options.host
    });

    // 0 is dummy port for v0.6
    var secureSocket = tls.connect(0, tlsOptions);
    self.sockets[self.sockets.indexOf(socket)] = secureSocket;
    cb(secureSocket);
  });
}


function toOptions(host, port, localAddress) {
  if (typeof host === 'string') { // since v0.10
    return {
      host: host,
      port: port,
      localAddress: localAddress
    };
  }
  return host; // for v0.11 or later
}

function mergeOptions(target) {
  for (var i = 1, len = arguments.length; i < len; ++i) {
    var overrides = arguments[i];
    if (typeof overrides === 'object') {
      var keys = Object.keys(overrides);
      for (var j = 0, keyLen = keys.length; j < keyLen; ++j) {
        var k = keys[j];
        if (overrides[k] !== undefined) {
          target[k] = overrides[k];
        }
      }
    }
  }
  return target;
}


var debug;
if (process.env.NODE_DEBUG && /\btunnel\b/.test(process.env.NODE_DEBUG)) {
  debug = function() {
    var args = Array.prototype.slice.call(arguments);
    if (typeof args[0] === 'string') {
      args[0] = 'TUNNEL: ' + args[0];
    } else {
      args.unshift('TUNNEL:');
    }
    console.error.apply(console, args);
  }
} else {
  debug = function() {};
}
__webpack_unused_export__ = debug; // for test


/***/ }),

/***/ 613:
/***/ ((module) => {

"use strict";
module.exports = require("assert");

/***/ }),

/***/ 434:
/***/ ((module) => {

"use strict";
module.exports = require("events");

/***/ }),

/***/ 611:
/***/ ((module) => {

"use strict";
module.exports = require("http");

/***/ }),

/***/ 692:
/***/ ((module) => {

"use strict";
module.exports = require("https");

/***/ }),

/***/ 278:
/***/ ((module) => {

"use strict";
module.exports = require("net");

/***/ }),

/***/ 421:
/***/ ((module) => {

"use strict";
module.exports = require("node:child_process");

/***/ }),

/***/ 610:
/***/ ((module) => {

"use strict";
module.exports = require("node:dns");

/***/ }),

/***/ 30:
/***/ ((module) => {

"use strict";
module.exports = require("node:net");

/***/ }),

/***/ 760:
/***/ ((module) => {

"use strict";
module.exports = require("node:path");

/***/ }),

/***/ 756:
/***/ ((module) => {

"use strict";
module.exports = require("tls");

/***/ }),

/***/ 23:
/***/ ((module) => {

"use strict";
module.exports = require("util");

/***/ }),

/***/ 248:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  OE: () => (/* binding */ insistOnCertificates),
  Ko: () => (/* binding */ readInputs),
  qX: () => (/* binding */ readRunnerFiles),
  ql: () => (/* binding */ readSecrets)
});

// UNUSED EXPORTS: defaults, inputNames

;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = require("node:os");
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(760);
// EXTERNAL MODULE: ./lib/src/oci/action-error.js
var action_error = __nccwpck_require__(875);
// EXTERNAL MODULE: ./lib/src/oci/digest.js
var oci_digest = __nccwpck_require__(618);
// EXTERNAL MODULE: ./lib/src/oci/reference.js
var oci_reference = __nccwpck_require__(41);
;// CONCATENATED MODULE: ./lib/src/parse-input.js



/** Milliseconds; a job cannot take longer than this. */
const longestDuration = 5 * 24 * 60 * 60 * 1000;
const units = { '': 1000, s: 1000, m: 60_000, h: 3_600_000 };
/** The items of a list input: one per line, commas also separate. */
function parseList(text) {
    return text
        .split(/\r?\n|,/)
        .map((item) => item.trim())
        .filter((item) => item !== '');
}
/** The lines of an input in which a comma is an ordinary character. */
function parseLines(text) {
    return text
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '');
}
/** A YAML 1.2 boolean. Throws `invalid-input`. */
function parseBoolean(name, text) {
    if (/^(?:true|True|TRUE)$/.test(text))
        return true;
    if (/^(?:false|False|FALSE)$/.test(text))
        return false;
    throw invalidInput(name, `"${text}" is not a boolean`, 'Write true or false.');
}
/** Milliseconds, from `0`, `90s`, `10m`, `1h` or a plain number of seconds. Throws `invalid-input`. */
function parseDuration(name, text) {
    const [, count, unit = ''] = /^([0-9]{1,9})([smh]?)$/.exec(text) ?? [];
    const milliseconds = count === undefined ? Number.NaN : Number(count) * (units[unit] ?? Number.NaN);
    if (milliseconds <= longestDuration)
        return milliseconds;
    throw invalidInput(name, `"${text}" is not a duration of at most 120h`, 'Write 90s, 10m, 1h or a number of seconds.');
}
/** Reads a list of digests. Throws `invalid-input`, or `unsupported` for a digest of an unknown algorithm. */
function parseExpectedDigests(text) {
    return parseList(text).map((digest) => (0,oci_digest/* parseDigest */.m)(digest, 'invalid-input'));
}
/** Reads `key=value` lines. Throws `invalid-input`. */
function parseExpectedLabels(text) {
    return parseLines(text).map((line) => {
        const [, key, value = ''] = /^([^=]+)=(.*)$/.exec(line) ?? [];
        if (key !== undefined)
            return [key, value];
        throw new action_error/* ActionError */.lZ('invalid-input', `"${line}" is not key=value.`, { advice: 'Write one key=value a line.' });
    });
}
/** An error about an input, before any request is sent. */
function invalidInput(name, why, advice) {
    return new action_error/* ActionError */.lZ('invalid-input', `The input ${name} cannot be used: ${why}.`, { advice });
}
/** `host[:port]`, the Hub under its one name. Throws `invalid-input`. */
function parseRegistryInput(name, text) {
    const registry = (0,oci_reference/* parseRegistry */.l5)(text);
    if (registry !== undefined)
        return registry;
    throw invalidRegistry(name, text);
}
/** An error about what should be `host[:port]`. */
function invalidRegistry(name, text) {
    return invalidInput(name, `"${(0,oci_reference/* withoutUserinfo */.Q3)(text)}" is not a registry`, 'Write host or host:port, without a scheme or a path.');
}
/** Whether a proxy setting is one that will be used, and not passed over. */
function isProxy(text) {
    const isWhole = /^https?:\/\//i.test(text);
    try {
        const url = new URL(isWhole ? text : `http://${text}`);
        decodeURIComponent(`${url.username}${url.password}`);
        // Without a scheme, a name before a port would be taken for one.
        return isWhole || !URL.canParse(text);
    }
    catch {
        return false;
    }
}

;// CONCATENATED MODULE: ./lib/src/credential-inputs.js



/**
 * Everything that may hold credentials.
 *
 * @param registries those that the images are on
 * @throws ActionError `invalid-input` for credentials whose host is unclear
 */
function credentialSources(environment, registries) {
    const { variable } = environment;
    return {
        input: inputCredential(environment, registries),
        dockerAuthConfig: variable('DOCKER_AUTH_CONFIG').trim(),
        files: configFiles(environment),
        helpers: {
            path: variable('PATH'),
            workspace: variable('GITHUB_WORKSPACE'),
            environment: environment.withoutInputs(),
        },
        githubToken: { token: githubToken(environment), registries: githubRegistries(environment) },
    };
}
function inputCredential({ input }, registries) {
    const [username, password, registry] = [input('username'), input('password'), input('registry')];
    const host = registry === '' ? undefined : parseRegistryInput('registry', registry);
    if (username === '' && password === '')
        return undefined;
    if (username === '' || password === '') {
        const empty = username === '' ? 'username' : 'password';
        throw invalidInput(empty, 'it is empty', `Give username and password together; does the secret for ${empty} exist here?`);
    }
    if (username.includes(':'))
        throw invalidInput('username', 'it holds a colon', 'No registry can take such a name.');
    const [only] = registries;
    if (host === undefined && registries.size > 1) {
        throw invalidInput('registry', 'it is empty, and image names several hosts', 'Say which of them the password is for.');
    }
    return { registry: host ?? only ?? '', username, password };
}
/** Empty for a user without a home, as in some containers. */
function homeFolder({ variable }) {
    try {
        const names = process.platform === 'win32' ? ['USERPROFILE', 'HOME'] : ['HOME', 'USERPROFILE'];
        return names.map(variable).find((home) => home !== '') ?? (0,external_node_os_namespaceObject.homedir)();
    }
    catch {
        return '';
    }
}
/** The places where docker and podman keep logins, in the order in which they are asked. */
function configFiles(environment) {
    const { variable } = environment;
    const home = homeFolder(environment);
    const atHome = (name, ...path) => (home === '' ? [] : [{ path: (0,external_node_path_.join)(home, ...path), name }]);
    const docker = variable('DOCKER_CONFIG');
    const podman = variable('REGISTRY_AUTH_FILE');
    const runtime = variable('XDG_RUNTIME_DIR');
    return [
        ...(docker === ''
            ? atHome('~/.docker/config.json', '.docker', 'config.json')
            : [{ path: (0,external_node_path_.join)(docker, 'config.json'), name: '$DOCKER_CONFIG/config.json' }]),
        ...(podman === '' ? [] : [{ path: podman, name: '$REGISTRY_AUTH_FILE' }]),
        ...(runtime === ''
            ? []
            : [{ path: (0,external_node_path_.join)(runtime, 'containers', 'auth.json'), name: '$XDG_RUNTIME_DIR/containers/auth.json' }]),
        ...atHome('~/.config/containers/auth.json', '.config', 'containers', 'auth.json'),
    ];
}
/** The workflow's own token. Empty where whoever runs the action does not evaluate the default of `action.yml`. */
function githubToken({ input }) {
    const token = input('github-token');
    return token.startsWith('${{') ? '' : token;
}
/** ghcr.io, and on a GitHub Enterprise Server its own registry. */
function githubRegistries({ variable }) {
    const server = variable('GITHUB_SERVER_URL');
    const host = URL.canParse(server) ? new URL(server).host : 'github.com';
    return host === 'github.com' ? ['ghcr.io'] : ['ghcr.io', `containers.${host}`];
}

// EXTERNAL MODULE: ./lib/src/oci/host.js
var oci_host = __nccwpck_require__(192);
// EXTERNAL MODULE: ./lib/src/oci/platform.js
var platform = __nccwpck_require__(993);
;// CONCATENATED MODULE: ./lib/src/inputs.js






/** The defaults of `action.yml`, for runs without it. A test holds them against that file. */
const defaults = {
    platform: 'linux/amd64',
    inspect: 'false',
    'verify-blobs': 'false',
    'fail-on-missing': 'true',
    'wait-timeout': '0',
    'wait-interval': '5s',
    timeout: '2m',
    summary: 'true',
};
/** Every input, as `action.yml` lists them. */
const inputNames = (/* unused pure expression or super */ null && ([
    'image',
    'platform',
    'registry',
    'username',
    'password',
    'github-token',
    'auth-hosts',
    'plain-http',
    'inspect',
    'expected-digest',
    'expected-labels',
    'require-platforms',
    'verify-blobs',
    'fail-on-missing',
    'wait-timeout',
    'wait-interval',
    'compare-with',
    'base-image',
    'timeout',
    'summary',
]));
/** The secrets among the inputs, so that they can be masked before anything else happens. */
function readSecrets() {
    return [input('password'), githubToken(environment)].filter((secret) => secret !== '');
}
/** The files of the runner, which are needed even when an input is wrong. */
function readRunnerFiles() {
    return { output: variable('GITHUB_OUTPUT'), summary: variable('GITHUB_STEP_SUMMARY'), temp: variable('RUNNER_TEMP') };
}
/**
 * Node can be told by a variable to trust any certificate; a step whose result gates a deploy must not be.
 *
 * @returns whether it had been told so
 */
function insistOnCertificates() {
    const wasOff = variable('NODE_TLS_REJECT_UNAUTHORIZED') === '0';
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    return wasOff;
}
/**
 * Reads and checks all inputs. No other module reads inputs or the environment.
 *
 * @throws ActionError `invalid-input`, or `unsupported` for a digest of an unknown algorithm
 */
function readInputs() {
    checkProxies();
    const images = readImages();
    const timeout = parseDuration('timeout', input('timeout'));
    if (timeout === 0)
        throw invalidInput('timeout', 'a look at a registry takes more than no time', 'Write for example 2m.');
    const gates = {
        expectedDigests: readGate('expected-digest', parseExpectedDigests),
        expectedLabels: readGate('expected-labels', parseExpectedLabels),
        requiredPlatforms: readGate('require-platforms', (text) => parseList(text).map(platform/* parsePlatform */.FL)),
        verifyBlobs: parseBoolean('verify-blobs', input('verify-blobs')),
    };
    return {
        images,
        platforms: readPlatforms(),
        credentials: credentialSources(environment, new Set(images.map(({ reference }) => reference.registry))),
        authHosts: readAuthHosts(),
        plainHttp: new Set(parseList(input('plain-http')).map((host) => parseRegistryInput('plain-http', host))),
        isProxied: ['https_proxy', 'HTTPS_PROXY'].some((name) => variable(name) !== ''),
        inspect: parseBoolean('inspect', input('inspect')) || gates.expectedLabels.length > 0,
        gates,
        failOnMissing: parseBoolean('fail-on-missing', input('fail-on-missing')),
        waitTimeout: parseDuration('wait-timeout', input('wait-timeout')),
        waitInterval: parseDuration('wait-interval', input('wait-interval')),
        compareWith: readReference('compare-with'),
        baseImage: readReference('base-image'),
        timeout,
        summary: parseBoolean('summary', input('summary')),
    };
}
/** A proxy setting that cannot be read would be passed over in silence, and the proxy with it. */
function checkProxies() {
    for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']) {
        const value = variable(name);
        if (value === '' || isProxy(value))
            continue;
        throw new action_error/* ActionError */.lZ('invalid-input', `The environment variable ${name} is not a proxy.`, {
            advice: 'Write http://host:port, with special characters of user name and password percent-encoded.',
        });
    }
}
function input(name) {
    const given = variable(`INPUT_${name.toUpperCase()}`).trim();
    return given === '' && Object.hasOwn(defaults, name) ? defaults[name] : given;
}
function variable(name) {
    return process.env[name] ?? '';
}
const environment = {
    input,
    variable,
    withoutInputs() {
        const others = {};
        for (const [name, value] of Object.entries(process.env)) {
            if (value !== undefined && !name.toUpperCase().startsWith('INPUT_'))
                others[name] = value;
        }
        return others;
    },
};
function readImages() {
    const texts = parseLines(input('image'));
    if (texts.length === 0)
        throw invalidInput('image', 'it is empty', 'Write a reference, as for docker pull.');
    return unique(texts.map((text) => ({ text, reference: (0,oci_reference/* parseReference */.F2)(text) })), ({ reference }) => (0,oci_reference/* formatReference */.FH)(reference));
}
function readPlatforms() {
    const texts = parseList(input('platform'));
    if (texts.length === 0)
        throw invalidInput('platform', 'it names none', 'Write for example linux/amd64, or all.');
    if (!texts.some((text) => text.toLowerCase() === 'all'))
        return unique(named('platform', () => texts.map(platform/* parsePlatform */.FL)), platform/* formatPlatform */.Bq);
    if (texts.length === 1)
        return 'all';
    throw invalidInput('platform', 'all goes with no other platform', 'Write all, or a list without it.');
}
/** A gate that is there and demands nothing would pass whatever comes: it is refused. */
function readGate(name, parse) {
    const text = input(name);
    const items = named(name, () => parse(text));
    if (text !== '' && items.length === 0)
        throw invalidInput(name, 'it names nothing to check', 'Fill it, or leave it out.');
    return items;
}
function readReference(name) {
    const text = input(name);
    return text === '' ? undefined : named(name, () => (0,oci_reference/* parseReference */.F2)(text));
}
function readAuthHosts() {
    const pairs = new Map();
    for (const line of parseList(input('auth-hosts'))) {
        const [registry = '', host = '', ...rest] = line.split('=').map((part) => part.trim());
        if (rest.length > 0 || host === '')
            throw invalidInput('auth-hosts', `"${line}" is not a pair`, 'Write REGISTRY=HOST.');
        const key = parseRegistryInput('auth-hosts', registry);
        const hosts = pairs.get(key) ?? new Set();
        const trusted = (0,oci_host/* parseHost */.o)(host);
        if (trusted === undefined)
            throw invalidRegistry('auth-hosts', host);
        pairs.set(key, hosts.add(trusted));
    }
    return pairs;
}
/** Says of what is wrong with a value which input it came by. */
function named(name, parse) {
    try {
        return parse();
    }
    catch (error) {
        if (!(error instanceof action_error/* ActionError */.lZ))
            throw error;
        throw error.with({ message: `The input ${name} cannot be used: ${error.message}` });
    }
}
function unique(items, key) {
    const byKey = new Map();
    for (const item of items)
        if (!byKey.has(key(item)))
            byKey.set(key(item), item);
    return [...byKey.values()];
}


/***/ }),

/***/ 875:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   bD: () => (/* binding */ messageOf),
/* harmony export */   lZ: () => (/* binding */ ActionError)
/* harmony export */ });
/* unused harmony export errorCodes */
/** Every way in which a run can fail, by the names that the `error-code` output uses. */
const errorCodes = (/* unused pure expression or super */ null && ([
    'invalid-input',
    'not-found',
    'platform-not-found',
    'unauthorized',
    'denied',
    'rate-limited',
    'digest-mismatch',
    'size-mismatch',
    'invalid-manifest',
    'unsupported',
    'too-large',
    'untrusted-host',
    'gate-failed',
    'wait-timeout',
    'timeout',
    'network',
    'tls',
    'registry-error',
    'runner-error',
    'internal',
]));
/** The words of whatever was thrown. */
function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}
/** The only error that this program throws on purpose. Its text may hold words from outside. */
class ActionError extends Error {
    code;
    said;
    advice;
    transient;
    reason;
    constructor(code, message, details = {}) {
        super(message, { cause: details.cause });
        this.name = 'ActionError';
        this.code = code;
        this.said = details.said;
        this.advice = details.advice;
        this.transient = details.transient ?? false;
        this.reason = details.reason;
    }
    /** The same error in other words. */
    with(changes) {
        const { code = this.code, message = this.message, ...details } = changes;
        const { said, advice, transient, reason, cause } = this;
        return new ActionError(code, message, { said, advice, transient, reason, cause, ...details });
    }
}


/***/ }),

/***/ 618:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Bc: () => (/* binding */ isDigest),
/* harmony export */   Hy: () => (/* binding */ algorithmOf),
/* harmony export */   m: () => (/* binding */ parseDigest)
/* harmony export */ });
/* harmony import */ var _action_error_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(875);

/** The registered algorithms, with the length of their lower-case hex. */
const hexLengths = { sha256: 64, sha512: 128 };
/** Characters of a bad digest that are quoted. */
const longestShown = 140;
const wellFormed = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([A-Za-z0-9=_-]+)$/;
const lowerHex = /^[0-9a-f]+$/;
/** Whether `text` is a `sha256` or `sha512` digest in its one canonical spelling. */
function isDigest(text) {
    const separator = text.indexOf(':');
    const algorithm = text.slice(0, separator);
    const hex = text.slice(separator + 1);
    return isAlgorithm(algorithm) && hex.length === hexLengths[algorithm] && lowerHex.test(hex);
}
/**
 * Reads a digest.
 *
 * @param malformed the code to fail with when `text` is no digest: what that means depends on where it stood
 * @throws ActionError `unsupported` for a well-formed digest of another algorithm
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 */
function parseDigest(text, malformed) {
    if (isDigest(text))
        return text;
    const algorithm = wellFormed.exec(text)?.[1];
    if (algorithm !== undefined && !isAlgorithm(algorithm)) {
        throw new _action_error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('unsupported', `The digest algorithm ${algorithm} is not supported: only sha256 and sha512 can be verified.`);
    }
    throw new _action_error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ(malformed, `"${text.slice(0, longestShown)}" is not a digest.`, {
        advice: 'A digest is sha256: and 64, or sha512: and 128 lower-case hexadecimal digits.',
    });
}
/** The algorithm that `digest` is made with. */
function algorithmOf(digest) {
    return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}
function isAlgorithm(name) {
    return Object.hasOwn(hexLengths, name);
}


/***/ }),

/***/ 192:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   o: () => (/* binding */ parseHost)
/* harmony export */ });
/** The longest DNS name, in characters, and room for a port. */
const longestHost = 253 + ':65535'.length;
const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const hostPattern = new RegExp(`^(${label}(?:\\.${label})*|\\[[0-9a-f:]+\\])(?::([1-9][0-9]{0,4}))?$`);
/**
 * Reads `host[:port]` as it stands in a reference, and gives it back lower-cased; undefined when it is none.
 *
 * A host that a URL would rewrite (`0x7f.1`, `127.1`) is none: what is checked must be what is contacted.
 *
 * @see https://github.com/distribution/reference/blob/v0.6.0/regexp.go
 */
function parseHost(text) {
    if (text.length > longestHost)
        return undefined;
    const [, name, port] = hostPattern.exec(text.toLowerCase()) ?? [];
    if (name === undefined || Number(port ?? 1) > 65_535)
        return undefined;
    const canonical = hostnameInUrl(name);
    if (canonical === undefined || (canonical !== name && !name.startsWith('[')))
        return undefined;
    return port === undefined ? canonical : `${canonical}:${port}`;
}
function hostnameInUrl(name) {
    return URL.canParse(`https://${name}`) ? new URL(`https://${name}`).hostname : undefined;
}


/***/ }),

/***/ 993:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Bq: () => (/* binding */ formatPlatform),
/* harmony export */   FL: () => (/* binding */ parsePlatform),
/* harmony export */   SW: () => (/* binding */ isSamePlatform),
/* harmony export */   _H: () => (/* binding */ isUnknownPlatform),
/* harmony export */   j7: () => (/* binding */ normalise),
/* harmony export */   xV: () => (/* binding */ choosePlatform)
/* harmony export */ });
/* harmony import */ var _action_error_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(875);

const architectures = {
    x86_64: { architecture: 'amd64' },
    'x86-64': { architecture: 'amd64' },
    aarch64: { architecture: 'arm64' },
    i386: { architecture: '386' },
    armhf: { architecture: 'arm', variant: 'v7' },
    armel: { architecture: 'arm', variant: 'v6' },
};
/** The level of an architecture's variants when none is written, and the lowest that is fallen back to. */
const levels = {
    amd64: { baseline: 1, lowest: 1 },
    arm: { baseline: 7, lowest: 5 },
    arm64: { baseline: 8, lowest: 8 },
};
const partPattern = /^[a-z0-9_-]+$/;
const variantPattern = /^[a-z0-9_.-]+$/;
const osPattern = /^([a-z0-9_-]+)(?:\(([0-9.]*)((?:\+[a-z0-9_.-]+)*)\))?$/;
const osVersionPattern = /^[0-9]{1,9}(?:\.[0-9]{1,9}){2,3}$/;
/** Characters; platforms are short. */
const longestPlatform = 200;
/**
 * Reads what a person asks for: `os/arch[/variant]`, `windows(10.0.20348)/amd64` or `windows/amd64:10.0.20348.1850`.
 *
 * @returns the normalised platform
 * @throws ActionError `invalid-input`
 * @see https://github.com/containerd/platforms/blob/v1.0.0/platforms.go
 */
function parsePlatform(input) {
    const [text = '', suffix, ...more] = input.toLowerCase().split(':');
    const [osPart = '', architecture = '', variant = '', ...rest] = text.split('/');
    const [, os = '', inParentheses = '', features = ''] = osPattern.exec(osPart) ?? [];
    const wellFormed = input.length <= longestPlatform &&
        rest.length + more.length === 0 &&
        os !== '' &&
        partPattern.test(architecture) &&
        (variant === '' ? text.split('/').length === 2 : variantPattern.test(variant)) &&
        (suffix === undefined || (suffix !== '' && inParentheses === ''));
    if (!wellFormed)
        throw invalid(input, 'it is not os/arch or os/arch/variant');
    const osVersion = suffix ?? inParentheses;
    const platform = normalise({ os, architecture, variant, osVersion, osFeatures: features.split('+').slice(1) });
    checkOsVersion(platform, input);
    return platform;
}
/** The one spelling of a platform: lower case, aliases resolved, default variants dropped or added. */
function normalise(platform) {
    const os = platform.os.toLowerCase();
    const written = platform.architecture.toLowerCase();
    const alias = Object.hasOwn(architectures, written) ? architectures[written] : undefined;
    const architecture = alias?.architecture ?? written;
    return {
        os: os === 'macos' ? 'darwin' : os,
        architecture,
        variant: normaliseVariant(architecture, alias?.variant ?? platform.variant.toLowerCase()),
        osVersion: platform.osVersion,
        osFeatures: platform.osFeatures.map((feature) => feature.toLowerCase()),
    };
}
/** Writes a platform as containerd does, as it was given: `linux/arm64/v8`, `windows(10.0.20348.1850)/amd64`. */
function formatPlatform({ os, osVersion, osFeatures, architecture, variant }) {
    const features = osFeatures.map((feature) => `+${feature}`).join('');
    const detail = osVersion === '' && features === '' ? '' : `(${osVersion}${features})`;
    return [`${os}${detail}`, architecture, variant].filter((part, at) => at < 2 || part !== '').join('/');
}
/**
 * Picks the candidate for `asked`: exact before lower variants of the same os and architecture, for Windows the
 * highest version, and the first among equals. Never another architecture.
 */
function choosePlatform(candidates, asked, platformOf) {
    let best;
    for (const candidate of candidates) {
        const written = platformOf(candidate);
        const platform = written && normalise(written);
        if (platform === undefined || !fits(platform, asked))
            continue;
        if (best === undefined || isBetter(platform, best.platform, asked))
            best = { candidate, platform };
    }
    return best?.candidate;
}
/** Whether this is `unknown/unknown`, which attestations have. */
function isUnknownPlatform(platform) {
    const { os, architecture } = normalise(platform);
    return os === 'unknown' && architecture === 'unknown';
}
/** Whether `offered` is what was `asked` for, without falling back to a lower variant. */
function isSamePlatform(offered, asked) {
    const platform = normalise(offered);
    return fits(platform, asked) && platform.variant === asked.variant;
}
function normaliseVariant(architecture, variant) {
    if (architecture === 'arm')
        return variant === '' ? 'v7' : /^[5-8]$/.test(variant) ? `v${variant}` : variant;
    if (architecture === 'arm64' && (variant === 'v8' || variant === '8'))
        return '';
    if (architecture === 'amd64' && variant === 'v1')
        return '';
    return variant;
}
function checkOsVersion({ os, osVersion }, input) {
    if (osVersion === '')
        return;
    if (os !== 'windows')
        throw invalid(input, 'only windows has an OS version');
    if (!osVersionPattern.test(osVersion))
        throw invalid(input, 'an OS version has three or four numbers');
}
function fits(offered, asked) {
    return (offered.os === asked.os &&
        offered.architecture === asked.architecture &&
        variantFits(offered, asked) &&
        (asked.osVersion === '' || build(offered) === build(asked)) &&
        asked.osFeatures.every((feature) => offered.osFeatures.includes(feature)));
}
function variantFits(offered, asked) {
    if (offered.variant === asked.variant)
        return true;
    const level = variantLevel(offered);
    const highest = variantLevel(asked);
    return level !== undefined && highest !== undefined && level < highest;
}
/** `v8.2` of arm64 as 8.002, so that levels compare; undefined where variants have no order. */
function variantLevel({ architecture, variant }) {
    const known = Object.hasOwn(levels, architecture) ? levels[architecture] : undefined;
    if (known === undefined || variant === '')
        return known?.baseline;
    const [, major, minor = '0'] = /^v([0-9]{1,3})(?:\.([0-9]{1,3}))?$/.exec(variant) ?? [];
    if (major === undefined || Number(major) < known.lowest)
        return undefined;
    return Number(major) + Number(minor) / 1000;
}
function isBetter(one, other, asked) {
    if (one.variant !== other.variant) {
        if (one.variant === asked.variant || other.variant === asked.variant)
            return one.variant === asked.variant;
        return (variantLevel(one) ?? 0) > (variantLevel(other) ?? 0);
    }
    if (asked.os !== 'windows' || one.osVersion === other.osVersion)
        return false;
    if (asked.osVersion === '' || ![one.osVersion, other.osVersion].includes(asked.osVersion)) {
        return isHigherVersion(one.osVersion, other.osVersion);
    }
    return one.osVersion === asked.osVersion;
}
function isHigherVersion(one, other) {
    const [left, right] = [versionParts(one), versionParts(other)];
    const at = left.findIndex((part, index) => part !== right[index]);
    return at !== -1 && (left[at] ?? 0) > (right[at] ?? 0);
}
function versionParts(version) {
    const parts = version.split('.', 4).map((part) => (/^[0-9]{1,9}$/.test(part) ? Number(part) : -1));
    return [...parts, -1, -1, -1, -1].slice(0, 4);
}
/** The first three parts of a Windows version, which say which containers a host can run. */
function build({ osVersion }) {
    return osVersion.split('.', 3).join('.');
}
function invalid(input, why) {
    return new _action_error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('invalid-input', `"${input}" is not a platform: ${why}.`, {
        advice: 'Write for example linux/amd64, linux/arm/v7 or windows(10.0.20348)/amd64.',
    });
}


/***/ }),

/***/ 41:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   F2: () => (/* binding */ parseReference),
/* harmony export */   FH: () => (/* binding */ formatReference),
/* harmony export */   Q3: () => (/* binding */ withoutUserinfo),
/* harmony export */   UD: () => (/* binding */ dockerHub),
/* harmony export */   Vb: () => (/* binding */ nameOf),
/* harmony export */   dZ: () => (/* binding */ hubHosts),
/* harmony export */   l5: () => (/* binding */ parseRegistry),
/* harmony export */   we: () => (/* binding */ wireHost)
/* harmony export */ });
/* harmony import */ var _action_error_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(875);
/* harmony import */ var _digest_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(618);
/* harmony import */ var _host_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(192);



/** The registry that a name without a host belongs to. */
const dockerHub = 'docker.io';
/** All names of the Hub. */
const hubHosts = [dockerHub, 'index.docker.io', 'registry-1.docker.io'];
/** Characters in a repository path, by the distribution specification. */
const longestPath = 255;
/** More than any reference can have: host, path, tag and a sha512 digest. */
const longestReference = 1024;
const pathPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const transports = /^(?:oci|oci-archive|docker-archive|docker-daemon|containers-storage|dir|ostree|sif|tarball):/i;
/**
 * Reads `[host/]path[:tag][@digest]`, filling in what docker fills in.
 *
 * @throws ActionError `invalid-input` with a hint, or `unsupported` for a digest of another algorithm
 * @see https://github.com/distribution/reference/blob/v0.6.0/reference.go
 */
function parseReference(input) {
    const text = input.replace(/^(?:docker|oci):\/\//, '');
    refuseMistakes(text);
    const { before, digest } = splitDigest(text);
    const { name, tag } = splitTag(before);
    refuseBareHost(name, tag);
    const { registry, path } = splitHost(name);
    checkPath(path, text);
    return { registry, path, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}
/** The canonical spelling: parsing it again gives the same reference. */
function formatReference(reference) {
    const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
    const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
    return `${nameOf(reference)}${tag}${digest}`;
}
/** The fully qualified name, without tag and digest: `docker.io/library/nginx`. */
function nameOf(repository) {
    return `${repository.registry}/${repository.path}`;
}
/** Reads `host[:port]`, giving the Hub its one name; undefined when it is none. */
function parseRegistry(text) {
    const host = (0,_host_js__WEBPACK_IMPORTED_MODULE_2__/* .parseHost */ .o)(text);
    return host !== undefined && hubHosts.includes(host) ? dockerHub : host;
}
/** The `host[:port]` that requests for `registry` go to. */
function wireHost(registry) {
    return registry === dockerHub ? 'registry-1.docker.io' : registry;
}
/** What of `text` may be shown in a message: what stands before an `@` may be a password, unless a digest follows. */
function withoutUserinfo(text) {
    const digest = /@sha(?:256|512):[0-9A-Fa-f]*$/.exec(text)?.[0] ?? '';
    const rest = text.slice(0, text.length - digest.length);
    const at = rest.lastIndexOf('@');
    return at === -1 ? text : `…${text.slice(at)}`;
}
function refuseMistakes(text) {
    if (text === '')
        throw invalid(text, 'it is empty.');
    if (text.length > longestReference) {
        throw invalid(`${text.slice(0, 40)}…`, `it is longer than ${longestReference} characters.`);
    }
    if (/^https?:\/\//i.test(text)) {
        throw invalid(text, 'it is a URL.', 'Write the reference without http:// or https://, as for docker pull.');
    }
    if (transports.test(text)) {
        throw invalid(text, 'it names a local image.', 'Only images on registries can be resolved; write the reference as for docker pull.');
    }
    if (/^sha(?:256|512):/.test(text) || /^[0-9a-f]{64}$/.test(text)) {
        throw invalid(text, 'it is a digest or an image ID without a repository.', 'Write name@sha256:….');
    }
    if (/[^\x21-\x7e]/.test(text)) {
        throw invalid(text, 'it holds white space or a character that is not ASCII.', 'Write one reference per line and nothing else.');
    }
}
function splitDigest(text) {
    const at = text.lastIndexOf('@');
    if (at === -1)
        return { before: text, digest: undefined };
    const before = text.slice(0, at);
    const isHost = /^[^:]*(?::[0-9]{1,5})?$/.test(text.slice(at + 1));
    if (isHost || text.includes('/', at) || before.includes('@')) {
        throw invalid(text, 'what follows the @ is not a digest.', adviceForAt);
    }
    try {
        return { before, digest: (0,_digest_js__WEBPACK_IMPORTED_MODULE_1__/* .parseDigest */ .m)(text.slice(at + 1), 'invalid-input') };
    }
    catch (error) {
        if (!(error instanceof _action_error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ))
            throw error;
        throw error.with({ message: `"${withoutUserinfo(text)}" cannot be used: ${error.message}` });
    }
}
const adviceForAt = 'Write name@sha256:…; a user name and password go into the inputs of that name, never into the reference.';
function splitTag(text) {
    const colon = text.lastIndexOf(':');
    if (colon <= text.lastIndexOf('/'))
        return { name: text, tag: undefined };
    const tag = text.slice(colon + 1);
    if (!tagPattern.test(tag)) {
        throw invalid(text, `"${tag}" is not a tag.`, 'A tag has 1 to 128 letters, digits, dots, dashes and underscores, and starts with none of . and -.');
    }
    return { name: text.slice(0, colon), tag };
}
/** `localhost:5000` reads as an image named localhost: nobody means that, and a wrong image would be looked for. */
function refuseBareHost(name, tag) {
    if (!/^localhost$/i.test(name) || !/^[0-9]+$/.test(tag ?? ''))
        return;
    throw invalid(`${name}:${tag}`, 'it names a registry and no repository.', `Add the repository: ${name}:${tag}/name.`);
}
function splitHost(name) {
    const slash = name.indexOf('/');
    const first = name.slice(0, Math.max(slash, 0));
    if (!/[.:]|^localhost$/i.test(first))
        return onHub(name);
    const host = (0,_host_js__WEBPACK_IMPORTED_MODULE_2__/* .parseHost */ .o)(first);
    if (host === undefined) {
        throw invalid(name, `"${first}" is not a host.`, 'Write a host name, an IPv4 address in four decimal parts or an IPv6 address in brackets, and a port from 1 to 65535.');
    }
    const path = name.slice(slash + 1);
    return hubHosts.includes(host) ? onHub(path) : { registry: host, path };
}
function onHub(path) {
    return { registry: dockerHub, path: path.includes('/') ? path : `library/${path}` };
}
function checkPath(path, text) {
    if (path.length <= longestPath && pathPattern.test(path))
        return;
    const lower = path.toLowerCase();
    const written = text.includes(path) ? path : path.slice('library/'.length);
    if (path.length > longestPath)
        throw invalid(text, `its path is longer than ${longestPath} characters.`);
    if (pathPattern.test(lower)) {
        throw invalid(text, 'repository names are lower case.', `Write ${text.replace(written, written.toLowerCase())}; where the name comes from github.repository, lower-case it first.`);
    }
    throw invalid(text, `"${path}" is not a repository path.`, 'A path has lower-case letters and digits, single separators (. _ __ -) between them, and slashes.');
}
function invalid(text, why, advice) {
    return new _action_error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('invalid-input', `"${withoutUserinfo(text)}" is not an image reference: ${why}`, { advice });
}


/***/ }),

/***/ 836:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Jc: () => (/* binding */ addressClass),
/* harmony export */   Kn: () => (/* binding */ nameClass),
/* harmony export */   XC: () => (/* binding */ isPublicName)
/* harmony export */ });
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(30);

/** @see https://www.iana.org/assignments/iana-ipv4-special-registry */
const ranges4 = [
    ['169.254.0.0', 16, 'forbidden'],
    ['100.100.100.200', 32, 'forbidden'],
    ['168.63.129.16', 32, 'forbidden'],
    ['192.0.0.192', 32, 'forbidden'],
    ['224.0.0.0', 3, 'forbidden'],
    ['127.0.0.0', 8, 'loopback'],
    ['0.0.0.0', 8, 'loopback'],
    ['10.0.0.0', 8, 'private'],
    ['172.16.0.0', 12, 'private'],
    ['192.168.0.0', 16, 'private'],
    ['100.64.0.0', 10, 'private'],
    ['192.0.0.0', 24, 'private'],
    ['198.18.0.0', 15, 'private'],
];
/** @see https://www.iana.org/assignments/iana-ipv6-special-registry */
const ranges6 = [
    ['fe80::', 10, 'forbidden'],
    ['fd00:ec2::254', 128, 'forbidden'],
    ['fd20:ce::254', 128, 'forbidden'],
    ['ff00::', 8, 'forbidden'],
    ['::1', 128, 'loopback'],
    ['::', 128, 'loopback'],
    ['fc00::', 7, 'private'],
    ['fec0::', 10, 'private'],
];
/** Networks whose addresses carry an IPv4 address, and the bit it starts at: mapped, compatible, NAT64, 6to4. */
const embeddings = [
    ['::ffff:0:0', 96, 96],
    ['::', 96, 96],
    ['::ffff:0:0:0', 96, 96],
    ['64:ff9b::', 96, 96],
    ['64:ff9b:1::', 48, 96],
    ['2002::', 16, 16],
];
/** The class of an IPv4 or IPv6 address (IPv6 without brackets, a zone is ignored); undefined for a name. */
function addressClass(address) {
    const text = address.replace(/%.*$/, '');
    if ((0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIPv4)(text))
        return classify(bits4(text), 32, ranges4, bits4);
    if (!(0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIPv6)(text))
        return undefined;
    const bits = bits6(text);
    const known = classify(bits, 128, ranges6, bits6);
    if (known !== 'public')
        return known;
    const embedding = embeddings.find(([network, length]) => hasPrefix(bits, bits6(network), length, 128));
    if (embedding === undefined)
        return 'public';
    const inner = (bits >> BigInt(96 - embedding[2])) & 0xffffffffn;
    return classify(inner, 32, ranges4, bits4);
}
/** The class that a host name has by itself, whatever it resolves to; undefined when only DNS can tell. */
function nameClass(hostname) {
    const name = hostname.toLowerCase().replace(/\.+$/, '');
    if (name === 'localhost' || name.endsWith('.localhost'))
        return 'loopback';
    if (name === 'metadata.google.internal' || name === 'metadata.goog')
        return 'forbidden';
    return addressClass(name);
}
/** Whether anybody may own this name: a DNS name with a dot, under no suffix that is reserved for private use. */
function isPublicName(hostname) {
    const name = hostname.toLowerCase().replace(/\.+$/, '');
    return name.includes('.') && addressClass(name) === undefined && !/\.(?:internal|local|localhost)$/.test(name);
}
function classify(bits, width, ranges, toBits) {
    return ranges.find(([network, length]) => hasPrefix(bits, toBits(network), length, width))?.[2] ?? 'public';
}
function hasPrefix(bits, network, length, width) {
    const rest = BigInt(width - length);
    return bits >> rest === network >> rest;
}
function bits4(address) {
    return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}
function bits6(address) {
    const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
    const [head = '', tail] = canonical.split('::');
    const left = head.split(':').filter((group) => group !== '');
    const right = (tail ?? '').split(':').filter((group) => group !== '');
    const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
    return [...left, ...zeros, ...right].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}


/***/ }),

/***/ 895:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   o: () => (/* binding */ openEarly)
/* harmony export */ });
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(30);
/* harmony import */ var _oci_reference_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(41);
/* harmony import */ var _address_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(836);
/* harmony import */ var _known_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(303);
/* harmony import */ var _lookup_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(500);
/* harmony import */ var _transport_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(825);






/** Hosts that are connected to before the first request. */
const mostHosts = 4;
/**
 * Opens a connection to each registry, and to the token service that it is known to have: it takes a round trip, in
 * which TLS and HTTP can be loaded. Nothing is sent on it before the rules of the request that takes it have been
 * applied to its address. Loopback is left out, as it may speak plain HTTP and takes no time.
 *
 * @param registries as they stand in names; those that may be spoken to over plain HTTP left out
 */
function openEarly(registries) {
    const sockets = new Map();
    for (const registry of new Set(registries)) {
        const realm = (0,_known_js__WEBPACK_IMPORTED_MODULE_3__/* .challengeOf */ .p)(registry)?.realm;
        for (const place of [`https://${(0,_oci_reference_js__WEBPACK_IMPORTED_MODULE_1__/* .wireHost */ .we)(registry)}`, ...(realm === undefined ? [] : [realm])]) {
            const url = new URL(place);
            if ((0,_address_js__WEBPACK_IMPORTED_MODULE_2__/* .nameClass */ .Kn)((0,_transport_js__WEBPACK_IMPORTED_MODULE_5__/* .bareHostname */ .CO)(url)) !== undefined || sockets.size >= mostHosts)
                continue;
            sockets.set(url.origin, [...(sockets.get(url.origin) ?? []), open(url)]);
        }
    }
    const first = (origin) => sockets.get(origin)?.find(({ socket }) => !socket.destroyed);
    return {
        async check(origin, checkAddresses) {
            const addresses = await first(origin)?.addresses;
            if (addresses === undefined)
                for (const { socket } of sockets.get(origin) ?? [])
                    socket.destroy();
            else if (addresses.length > 0)
                await checkAddresses(new URL(origin).hostname, addresses);
        },
        take(origin) {
            const early = first(origin);
            if (early === undefined)
                return undefined;
            sockets.set(origin, sockets.get(origin)?.filter((each) => each !== early) ?? []);
            return early.socket;
        },
        close() {
            for (const { socket } of [...sockets.values()].flat())
                socket.destroy();
        },
    };
}
function open(url) {
    const { promise, resolve } = settable();
    const check = async (_, found) => {
        resolve(found);
        if (found.some((address) => (0,_address_js__WEBPACK_IMPORTED_MODULE_2__/* .addressClass */ .Jc)(address) === 'forbidden'))
            throw new Error('forbidden');
    };
    const lookup = (0,_lookup_js__WEBPACK_IMPORTED_MODULE_4__/* .checkedLookup */ .yG)(check);
    const socket = (0,node_net__WEBPACK_IMPORTED_MODULE_0__.connect)({ host: (0,_transport_js__WEBPACK_IMPORTED_MODULE_5__/* .bareHostname */ .CO)(url), port: (0,_transport_js__WEBPACK_IMPORTED_MODULE_5__/* .portOf */ .HM)(url), lookup, noDelay: true });
    // A connection that fails is gone; the request then opens its own, and reports what becomes of that.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve([]));
    setTimeout(() => resolve(undefined), _lookup_js__WEBPACK_IMPORTED_MODULE_4__/* .briefLookup */ .Pl).unref();
    return { socket, addresses: promise };
}
function settable() {
    let resolve = () => { };
    const promise = new Promise((settle) => {
        resolve = settle;
    });
    return { promise, resolve };
}


/***/ }),

/***/ 303:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   o: () => (/* binding */ knownTokenHosts),
/* harmony export */   p: () => (/* binding */ challengeOf)
/* harmony export */ });
/* harmony import */ var _oci_reference_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(41);

/**
 * Token services that are known, by their operators' documentation and clients, to serve a registry under another name:
 * they may see its credentials.
 */
const knownTokenHosts = {
    [_oci_reference_js__WEBPACK_IMPORTED_MODULE_0__/* .dockerHub */ .UD]: 'auth.docker.io',
    'registry.gitlab.com': 'gitlab.com',
    'nvcr.io': 'authn.nvidia.com',
};
/** Registries whose challenge is known beforehand, so that the token can be asked for while the challenge is on its way. */
const challenges = {
    [_oci_reference_js__WEBPACK_IMPORTED_MODULE_0__/* .dockerHub */ .UD]: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io' },
    'ghcr.io': { realm: 'https://ghcr.io/token', service: 'ghcr.io' },
};
/** The challenge of a registry, where it is known beforehand. */
function challengeOf(registry) {
    return Object.hasOwn(challenges, registry) ? challenges[registry] : undefined;
}


/***/ }),

/***/ 500:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   IW: () => (/* binding */ resolveBriefly),
/* harmony export */   Pl: () => (/* binding */ briefLookup),
/* harmony export */   yG: () => (/* binding */ checkedLookup)
/* harmony export */ });
/* harmony import */ var node_dns__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(610);

/** Milliseconds for looking up a name that will be looked up again, by a proxy or under the deadline of a request. */
const briefLookup = 1_000;
/** Resolves a name and lets `check` judge the addresses before one of them is used. */
function checkedLookup(check) {
    return (hostname, options, callback) => {
        (0,node_dns__WEBPACK_IMPORTED_MODULE_0__.lookup)(hostname, { ...options, all: true }, (error, found) => {
            if (error)
                return callback(error, '', 0);
            const addresses = found.map(({ address }) => address);
            check(hostname, addresses).then(() => {
                const [first] = found;
                if (options.all || first === undefined)
                    callback(null, found);
                else
                    callback(null, first.address, first.family);
            }, (refusal) => callback(refusal, '', 0));
        });
    };
}
/** The addresses of a name, as far as this machine knows them within a second. */
function resolveBriefly(hostname) {
    return new Promise((settle) => {
        const timer = setTimeout(() => settle([]), briefLookup);
        (0,node_dns__WEBPACK_IMPORTED_MODULE_0__.lookup)(hostname, { all: true }, (error, found) => {
            clearTimeout(timer);
            settle(error ? [] : found.map(({ address }) => address));
        });
    });
}


/***/ }),

/***/ 825:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   CO: () => (/* binding */ bareHostname),
/* harmony export */   HM: () => (/* binding */ portOf),
/* harmony export */   J6: () => (/* binding */ isSameOrigin),
/* harmony export */   wx: () => (/* binding */ header)
/* harmony export */ });
/** The first value of a header, by its lower-case name. */
function header(response, name) {
    return response.headers[name]?.[0];
}
/** Whether two places have the same scheme, host and port. */
function isSameOrigin(one, other) {
    return one.protocol === other.protocol && one.host === other.host;
}
/** The port of `url`, the scheme's own where none is written. */
function portOf(url) {
    if (url.port !== '')
        return Number(url.port);
    return url.protocol === 'https:' ? 443 : 80;
}
/** `url` as a host name that `node:net` understands: IPv6 without its brackets. */
function bareHostname(url) {
    return url.hostname.replace(/^\[(.*)\]$/, '$1');
}


/***/ }),

/***/ 108:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  runStep: () => (/* binding */ runStep)
});

;// CONCATENATED MODULE: external "os"
const external_os_namespaceObject = require("os");
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/utils.js
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */
/**
 * Sanitizes an input into a string so it can be passed into issueCommand safely
 * @param input input to sanitize into a string
 */
function utils_toCommandValue(input) {
    if (input === null || input === undefined) {
        return '';
    }
    else if (typeof input === 'string' || input instanceof String) {
        return input;
    }
    return JSON.stringify(input);
}
/**
 *
 * @param annotationProperties
 * @returns The command properties to send with the actual annotation command
 * See IssueCommandProperties: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs#L646
 */
function utils_toCommandProperties(annotationProperties) {
    if (!Object.keys(annotationProperties).length) {
        return {};
    }
    return {
        title: annotationProperties.title,
        file: annotationProperties.file,
        line: annotationProperties.startLine,
        endLine: annotationProperties.endLine,
        col: annotationProperties.startColumn,
        endColumn: annotationProperties.endColumn
    };
}
//# sourceMappingURL=utils.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/command.js


/**
 * Issues a command to the GitHub Actions runner
 *
 * @param command - The command name to issue
 * @param properties - Additional properties for the command (key-value pairs)
 * @param message - The message to include with the command
 * @remarks
 * This function outputs a specially formatted string to stdout that the Actions
 * runner interprets as a command. These commands can control workflow behavior,
 * set outputs, create annotations, mask values, and more.
 *
 * Command Format:
 *   ::name key=value,key=value::message
 *
 * @example
 * ```typescript
 * // Issue a warning annotation
 * issueCommand('warning', {}, 'This is a warning message');
 * // Output: ::warning::This is a warning message
 *
 * // Set an environment variable
 * issueCommand('set-env', { name: 'MY_VAR' }, 'some value');
 * // Output: ::set-env name=MY_VAR::some value
 *
 * // Add a secret mask
 * issueCommand('add-mask', {}, 'secretValue123');
 * // Output: ::add-mask::secretValue123
 * ```
 *
 * @internal
 * This is an internal utility function that powers the public API functions
 * such as setSecret, warning, error, and exportVariable.
 */
function command_issueCommand(command, properties, message) {
    const cmd = new Command(command, properties, message);
    process.stdout.write(cmd.toString() + external_os_namespaceObject.EOL);
}
function command_issue(name, message = '') {
    command_issueCommand(name, {}, message);
}
const CMD_STRING = '::';
class Command {
    constructor(command, properties, message) {
        if (!command) {
            command = 'missing.command';
        }
        this.command = command;
        this.properties = properties;
        this.message = message;
    }
    toString() {
        let cmdStr = CMD_STRING + this.command;
        if (this.properties && Object.keys(this.properties).length > 0) {
            cmdStr += ' ';
            let first = true;
            for (const key in this.properties) {
                if (this.properties.hasOwnProperty(key)) {
                    const val = this.properties[key];
                    if (val) {
                        if (first) {
                            first = false;
                        }
                        else {
                            cmdStr += ',';
                        }
                        cmdStr += `${key}=${escapeProperty(val)}`;
                    }
                }
            }
        }
        cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
        return cmdStr;
    }
}
function escapeData(s) {
    return utils_toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A');
}
function escapeProperty(s) {
    return utils_toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A')
        .replace(/:/g, '%3A')
        .replace(/,/g, '%2C');
}
//# sourceMappingURL=command.js.map
;// CONCATENATED MODULE: external "crypto"
const external_crypto_namespaceObject = require("crypto");
;// CONCATENATED MODULE: external "fs"
const external_fs_namespaceObject = require("fs");
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/file-command.js
// For internal use, subject to change.
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */




function file_command_issueFileCommand(command, message) {
    const filePath = process.env[`GITHUB_${command}`];
    if (!filePath) {
        throw new Error(`Unable to find environment variable for file command ${command}`);
    }
    if (!fs.existsSync(filePath)) {
        throw new Error(`Missing file at path: ${filePath}`);
    }
    fs.appendFileSync(filePath, `${toCommandValue(message)}${os.EOL}`, {
        encoding: 'utf8'
    });
}
function file_command_prepareKeyValueMessage(key, value) {
    const delimiter = `ghadelimiter_${crypto.randomUUID()}`;
    const convertedValue = toCommandValue(value);
    // These should realistically never happen, but just in case someone finds a
    // way to exploit uuid generation let's not allow keys or values that contain
    // the delimiter.
    if (key.includes(delimiter)) {
        throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
    }
    if (convertedValue.includes(delimiter)) {
        throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
    }
    return `${key}<<${delimiter}${os.EOL}${convertedValue}${os.EOL}${delimiter}`;
}
//# sourceMappingURL=file-command.js.map
;// CONCATENATED MODULE: external "path"
const external_path_namespaceObject = require("path");
// EXTERNAL MODULE: external "http"
var external_http_ = __nccwpck_require__(611);
var external_http_namespaceObject = /*#__PURE__*/__nccwpck_require__.t(external_http_, 2);
// EXTERNAL MODULE: external "https"
var external_https_ = __nccwpck_require__(692);
var external_https_namespaceObject = /*#__PURE__*/__nccwpck_require__.t(external_https_, 2);
;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/proxy.js
function getProxyUrl(reqUrl) {
    const usingSsl = reqUrl.protocol === 'https:';
    if (checkBypass(reqUrl)) {
        return undefined;
    }
    const proxyVar = (() => {
        if (usingSsl) {
            return process.env['https_proxy'] || process.env['HTTPS_PROXY'];
        }
        else {
            return process.env['http_proxy'] || process.env['HTTP_PROXY'];
        }
    })();
    if (proxyVar) {
        try {
            return new DecodedURL(proxyVar);
        }
        catch (_a) {
            if (!proxyVar.startsWith('http://') && !proxyVar.startsWith('https://'))
                return new DecodedURL(`http://${proxyVar}`);
        }
    }
    else {
        return undefined;
    }
}
function checkBypass(reqUrl) {
    if (!reqUrl.hostname) {
        return false;
    }
    const reqHost = reqUrl.hostname;
    if (isLoopbackAddress(reqHost)) {
        return true;
    }
    const noProxy = process.env['no_proxy'] || process.env['NO_PROXY'] || '';
    if (!noProxy) {
        return false;
    }
    // Determine the request port
    let reqPort;
    if (reqUrl.port) {
        reqPort = Number(reqUrl.port);
    }
    else if (reqUrl.protocol === 'http:') {
        reqPort = 80;
    }
    else if (reqUrl.protocol === 'https:') {
        reqPort = 443;
    }
    // Format the request hostname and hostname with port
    const upperReqHosts = [reqUrl.hostname.toUpperCase()];
    if (typeof reqPort === 'number') {
        upperReqHosts.push(`${upperReqHosts[0]}:${reqPort}`);
    }
    // Compare request host against noproxy
    for (const upperNoProxyItem of noProxy
        .split(',')
        .map(x => x.trim().toUpperCase())
        .filter(x => x)) {
        if (upperNoProxyItem === '*' ||
            upperReqHosts.some(x => x === upperNoProxyItem ||
                x.endsWith(`.${upperNoProxyItem}`) ||
                (upperNoProxyItem.startsWith('.') &&
                    x.endsWith(`${upperNoProxyItem}`)))) {
            return true;
        }
    }
    return false;
}
function isLoopbackAddress(host) {
    const hostLower = host.toLowerCase();
    return (hostLower === 'localhost' ||
        hostLower.startsWith('127.') ||
        hostLower.startsWith('[::1]') ||
        hostLower.startsWith('[0:0:0:0:0:0:0:1]'));
}
class DecodedURL extends URL {
    constructor(url, base) {
        super(url, base);
        this._decodedUsername = decodeURIComponent(super.username);
        this._decodedPassword = decodeURIComponent(super.password);
    }
    get username() {
        return this._decodedUsername;
    }
    get password() {
        return this._decodedPassword;
    }
}
//# sourceMappingURL=proxy.js.map
// EXTERNAL MODULE: ./node_modules/tunnel/index.js
var tunnel = __nccwpck_require__(770);
;// CONCATENATED MODULE: ./stubs/undici/index.js
/**
 * The one name that @actions/http-client 4 imports from undici. It is used by
 * `getAgentDispatcher()` only, which this action never calls; the real package
 * would be 96 % of the bundle and half of the start-up time.
 */
class ProxyAgent {
  constructor() {
    throw new Error('undici is not part of this build: see stubs/undici in the repository');
  }
}

;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/index.js
/* eslint-disable @typescript-eslint/no-explicit-any */
var __awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};





var HttpCodes;
(function (HttpCodes) {
    HttpCodes[HttpCodes["OK"] = 200] = "OK";
    HttpCodes[HttpCodes["MultipleChoices"] = 300] = "MultipleChoices";
    HttpCodes[HttpCodes["MovedPermanently"] = 301] = "MovedPermanently";
    HttpCodes[HttpCodes["ResourceMoved"] = 302] = "ResourceMoved";
    HttpCodes[HttpCodes["SeeOther"] = 303] = "SeeOther";
    HttpCodes[HttpCodes["NotModified"] = 304] = "NotModified";
    HttpCodes[HttpCodes["UseProxy"] = 305] = "UseProxy";
    HttpCodes[HttpCodes["SwitchProxy"] = 306] = "SwitchProxy";
    HttpCodes[HttpCodes["TemporaryRedirect"] = 307] = "TemporaryRedirect";
    HttpCodes[HttpCodes["PermanentRedirect"] = 308] = "PermanentRedirect";
    HttpCodes[HttpCodes["BadRequest"] = 400] = "BadRequest";
    HttpCodes[HttpCodes["Unauthorized"] = 401] = "Unauthorized";
    HttpCodes[HttpCodes["PaymentRequired"] = 402] = "PaymentRequired";
    HttpCodes[HttpCodes["Forbidden"] = 403] = "Forbidden";
    HttpCodes[HttpCodes["NotFound"] = 404] = "NotFound";
    HttpCodes[HttpCodes["MethodNotAllowed"] = 405] = "MethodNotAllowed";
    HttpCodes[HttpCodes["NotAcceptable"] = 406] = "NotAcceptable";
    HttpCodes[HttpCodes["ProxyAuthenticationRequired"] = 407] = "ProxyAuthenticationRequired";
    HttpCodes[HttpCodes["RequestTimeout"] = 408] = "RequestTimeout";
    HttpCodes[HttpCodes["Conflict"] = 409] = "Conflict";
    HttpCodes[HttpCodes["Gone"] = 410] = "Gone";
    HttpCodes[HttpCodes["TooManyRequests"] = 429] = "TooManyRequests";
    HttpCodes[HttpCodes["InternalServerError"] = 500] = "InternalServerError";
    HttpCodes[HttpCodes["NotImplemented"] = 501] = "NotImplemented";
    HttpCodes[HttpCodes["BadGateway"] = 502] = "BadGateway";
    HttpCodes[HttpCodes["ServiceUnavailable"] = 503] = "ServiceUnavailable";
    HttpCodes[HttpCodes["GatewayTimeout"] = 504] = "GatewayTimeout";
})(HttpCodes || (HttpCodes = {}));
var Headers;
(function (Headers) {
    Headers["Accept"] = "accept";
    Headers["ContentType"] = "content-type";
})(Headers || (Headers = {}));
var MediaTypes;
(function (MediaTypes) {
    MediaTypes["ApplicationJson"] = "application/json";
})(MediaTypes || (MediaTypes = {}));
/**
 * Returns the proxy URL, depending upon the supplied url and proxy environment variables.
 * @param serverUrl  The server URL where the request will be sent. For example, https://api.github.com
 */
function lib_getProxyUrl(serverUrl) {
    const proxyUrl = pm.getProxyUrl(new URL(serverUrl));
    return proxyUrl ? proxyUrl.href : '';
}
const HttpRedirectCodes = [
    HttpCodes.MovedPermanently,
    HttpCodes.ResourceMoved,
    HttpCodes.SeeOther,
    HttpCodes.TemporaryRedirect,
    HttpCodes.PermanentRedirect
];
const HttpResponseRetryCodes = [
    HttpCodes.BadGateway,
    HttpCodes.ServiceUnavailable,
    HttpCodes.GatewayTimeout
];
const RetryableHttpVerbs = ['OPTIONS', 'GET', 'DELETE', 'HEAD'];
const ExponentialBackoffCeiling = 10;
const ExponentialBackoffTimeSlice = 5;
class HttpClientError extends Error {
    constructor(message, statusCode) {
        super(message);
        this.name = 'HttpClientError';
        this.statusCode = statusCode;
        Object.setPrototypeOf(this, HttpClientError.prototype);
    }
}
class HttpClientResponse {
    constructor(message) {
        this.message = message;
    }
    readBody() {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve) => __awaiter(this, void 0, void 0, function* () {
                let output = Buffer.alloc(0);
                this.message.on('data', (chunk) => {
                    output = Buffer.concat([output, chunk]);
                });
                this.message.on('end', () => {
                    resolve(output.toString());
                });
            }));
        });
    }
    readBodyBuffer() {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve) => __awaiter(this, void 0, void 0, function* () {
                const chunks = [];
                this.message.on('data', (chunk) => {
                    chunks.push(chunk);
                });
                this.message.on('end', () => {
                    resolve(Buffer.concat(chunks));
                });
            }));
        });
    }
}
function isHttps(requestUrl) {
    const parsedUrl = new URL(requestUrl);
    return parsedUrl.protocol === 'https:';
}
class lib_HttpClient {
    constructor(userAgent, handlers, requestOptions) {
        this._ignoreSslError = false;
        this._allowRedirects = true;
        this._allowRedirectDowngrade = false;
        this._maxRedirects = 50;
        this._allowRetries = false;
        this._maxRetries = 1;
        this._keepAlive = false;
        this._disposed = false;
        this.userAgent = this._getUserAgentWithOrchestrationId(userAgent);
        this.handlers = handlers || [];
        this.requestOptions = requestOptions;
        if (requestOptions) {
            if (requestOptions.ignoreSslError != null) {
                this._ignoreSslError = requestOptions.ignoreSslError;
            }
            this._socketTimeout = requestOptions.socketTimeout;
            if (requestOptions.allowRedirects != null) {
                this._allowRedirects = requestOptions.allowRedirects;
            }
            if (requestOptions.allowRedirectDowngrade != null) {
                this._allowRedirectDowngrade = requestOptions.allowRedirectDowngrade;
            }
            if (requestOptions.maxRedirects != null) {
                this._maxRedirects = Math.max(requestOptions.maxRedirects, 0);
            }
            if (requestOptions.keepAlive != null) {
                this._keepAlive = requestOptions.keepAlive;
            }
            if (requestOptions.allowRetries != null) {
                this._allowRetries = requestOptions.allowRetries;
            }
            if (requestOptions.maxRetries != null) {
                this._maxRetries = requestOptions.maxRetries;
            }
        }
    }
    options(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('OPTIONS', requestUrl, null, additionalHeaders || {});
        });
    }
    get(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('GET', requestUrl, null, additionalHeaders || {});
        });
    }
    del(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('DELETE', requestUrl, null, additionalHeaders || {});
        });
    }
    post(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('POST', requestUrl, data, additionalHeaders || {});
        });
    }
    patch(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('PATCH', requestUrl, data, additionalHeaders || {});
        });
    }
    put(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('PUT', requestUrl, data, additionalHeaders || {});
        });
    }
    head(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('HEAD', requestUrl, null, additionalHeaders || {});
        });
    }
    sendStream(verb, requestUrl, stream, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request(verb, requestUrl, stream, additionalHeaders);
        });
    }
    /**
     * Gets a typed object from an endpoint
     * Be aware that not found returns a null.  Other errors (4xx, 5xx) reject the promise
     */
    getJson(requestUrl_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, additionalHeaders = {}) {
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            const res = yield this.get(requestUrl, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    postJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.post(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    putJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.put(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    patchJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.patch(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    /**
     * Makes a raw http request.
     * All other methods such as get, post, patch, and request ultimately call this.
     * Prefer get, del, post and patch
     */
    request(verb, requestUrl, data, headers) {
        return __awaiter(this, void 0, void 0, function* () {
            if (this._disposed) {
                throw new Error('Client has already been disposed.');
            }
            const parsedUrl = new URL(requestUrl);
            let info = this._prepareRequest(verb, parsedUrl, headers);
            // Only perform retries on reads since writes may not be idempotent.
            const maxTries = this._allowRetries && RetryableHttpVerbs.includes(verb)
                ? this._maxRetries + 1
                : 1;
            let numTries = 0;
            let response;
            do {
                response = yield this.requestRaw(info, data);
                // Check if it's an authentication challenge
                if (response &&
                    response.message &&
                    response.message.statusCode === HttpCodes.Unauthorized) {
                    let authenticationHandler;
                    for (const handler of this.handlers) {
                        if (handler.canHandleAuthentication(response)) {
                            authenticationHandler = handler;
                            break;
                        }
                    }
                    if (authenticationHandler) {
                        return authenticationHandler.handleAuthentication(this, info, data);
                    }
                    else {
                        // We have received an unauthorized response but have no handlers to handle it.
                        // Let the response return to the caller.
                        return response;
                    }
                }
                let redirectsRemaining = this._maxRedirects;
                while (response.message.statusCode &&
                    HttpRedirectCodes.includes(response.message.statusCode) &&
                    this._allowRedirects &&
                    redirectsRemaining > 0) {
                    const redirectUrl = response.message.headers['location'];
                    if (!redirectUrl) {
                        // if there's no location to redirect to, we won't
                        break;
                    }
                    const parsedRedirectUrl = new URL(redirectUrl);
                    if (parsedUrl.protocol === 'https:' &&
                        parsedUrl.protocol !== parsedRedirectUrl.protocol &&
                        !this._allowRedirectDowngrade) {
                        throw new Error('Redirect from HTTPS to HTTP protocol. This downgrade is not allowed for security reasons. If you want to allow this behavior, set the allowRedirectDowngrade option to true.');
                    }
                    // we need to finish reading the response before reassigning response
                    // which will leak the open socket.
                    yield response.readBody();
                    // strip authorization header if redirected to a different hostname
                    if (parsedRedirectUrl.hostname !== parsedUrl.hostname) {
                        for (const header in headers) {
                            // header names are case insensitive
                            if (header.toLowerCase() === 'authorization') {
                                delete headers[header];
                            }
                        }
                    }
                    // let's make the request with the new redirectUrl
                    info = this._prepareRequest(verb, parsedRedirectUrl, headers);
                    response = yield this.requestRaw(info, data);
                    redirectsRemaining--;
                }
                if (!response.message.statusCode ||
                    !HttpResponseRetryCodes.includes(response.message.statusCode)) {
                    // If not a retry code, return immediately instead of retrying
                    return response;
                }
                numTries += 1;
                if (numTries < maxTries) {
                    yield response.readBody();
                    yield this._performExponentialBackoff(numTries);
                }
            } while (numTries < maxTries);
            return response;
        });
    }
    /**
     * Needs to be called if keepAlive is set to true in request options.
     */
    dispose() {
        if (this._agent) {
            this._agent.destroy();
        }
        this._disposed = true;
    }
    /**
     * Raw request.
     * @param info
     * @param data
     */
    requestRaw(info, data) {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve, reject) => {
                function callbackForResult(err, res) {
                    if (err) {
                        reject(err);
                    }
                    else if (!res) {
                        // If `err` is not passed, then `res` must be passed.
                        reject(new Error('Unknown error'));
                    }
                    else {
                        resolve(res);
                    }
                }
                this.requestRawWithCallback(info, data, callbackForResult);
            });
        });
    }
    /**
     * Raw request with callback.
     * @param info
     * @param data
     * @param onResult
     */
    requestRawWithCallback(info, data, onResult) {
        if (typeof data === 'string') {
            if (!info.options.headers) {
                info.options.headers = {};
            }
            info.options.headers['Content-Length'] = Buffer.byteLength(data, 'utf8');
        }
        let callbackCalled = false;
        function handleResult(err, res) {
            if (!callbackCalled) {
                callbackCalled = true;
                onResult(err, res);
            }
        }
        const req = info.httpModule.request(info.options, (msg) => {
            const res = new HttpClientResponse(msg);
            handleResult(undefined, res);
        });
        let socket;
        req.on('socket', sock => {
            socket = sock;
        });
        // If we ever get disconnected, we want the socket to timeout eventually
        req.setTimeout(this._socketTimeout || 3 * 60000, () => {
            if (socket) {
                socket.end();
            }
            handleResult(new Error(`Request timeout: ${info.options.path}`));
        });
        req.on('error', function (err) {
            // err has statusCode property
            // res should have headers
            handleResult(err);
        });
        if (data && typeof data === 'string') {
            req.write(data, 'utf8');
        }
        if (data && typeof data !== 'string') {
            data.on('close', function () {
                req.end();
            });
            data.pipe(req);
        }
        else {
            req.end();
        }
    }
    /**
     * Gets an http agent. This function is useful when you need an http agent that handles
     * routing through a proxy server - depending upon the url and proxy environment variables.
     * @param serverUrl  The server URL where the request will be sent. For example, https://api.github.com
     */
    getAgent(serverUrl) {
        const parsedUrl = new URL(serverUrl);
        return this._getAgent(parsedUrl);
    }
    getAgentDispatcher(serverUrl) {
        const parsedUrl = new URL(serverUrl);
        const proxyUrl = getProxyUrl(parsedUrl);
        const useProxy = proxyUrl && proxyUrl.hostname;
        if (!useProxy) {
            return;
        }
        return this._getProxyAgentDispatcher(parsedUrl, proxyUrl);
    }
    _prepareRequest(method, requestUrl, headers) {
        const info = {};
        info.parsedUrl = requestUrl;
        const usingSsl = info.parsedUrl.protocol === 'https:';
        info.httpModule = usingSsl ? external_https_namespaceObject : external_http_namespaceObject;
        const defaultPort = usingSsl ? 443 : 80;
        info.options = {};
        info.options.host = info.parsedUrl.hostname;
        info.options.port = info.parsedUrl.port
            ? parseInt(info.parsedUrl.port)
            : defaultPort;
        info.options.path =
            (info.parsedUrl.pathname || '') + (info.parsedUrl.search || '');
        info.options.method = method;
        info.options.headers = this._mergeHeaders(headers);
        if (this.userAgent != null) {
            info.options.headers['user-agent'] = this.userAgent;
        }
        info.options.agent = this._getAgent(info.parsedUrl);
        // gives handlers an opportunity to participate
        if (this.handlers) {
            for (const handler of this.handlers) {
                handler.prepareRequest(info.options);
            }
        }
        return info;
    }
    _mergeHeaders(headers) {
        if (this.requestOptions && this.requestOptions.headers) {
            return Object.assign({}, lowercaseKeys(this.requestOptions.headers), lowercaseKeys(headers || {}));
        }
        return lowercaseKeys(headers || {});
    }
    /**
     * Gets an existing header value or returns a default.
     * Handles converting number header values to strings since HTTP headers must be strings.
     * Note: This returns string | string[] since some headers can have multiple values.
     * For headers that must always be a single string (like Content-Type), use the
     * specialized _getExistingOrDefaultContentTypeHeader method instead.
     */
    _getExistingOrDefaultHeader(additionalHeaders, header, _default) {
        let clientHeader;
        if (this.requestOptions && this.requestOptions.headers) {
            const headerValue = lowercaseKeys(this.requestOptions.headers)[header];
            if (headerValue) {
                clientHeader =
                    typeof headerValue === 'number' ? headerValue.toString() : headerValue;
            }
        }
        const additionalValue = additionalHeaders[header];
        if (additionalValue !== undefined) {
            return typeof additionalValue === 'number'
                ? additionalValue.toString()
                : additionalValue;
        }
        if (clientHeader !== undefined) {
            return clientHeader;
        }
        return _default;
    }
    /**
     * Specialized version of _getExistingOrDefaultHeader for Content-Type header.
     * Always returns a single string (not an array) since Content-Type should be a single value.
     * Converts arrays to comma-separated strings and numbers to strings to ensure type safety.
     * This was split from _getExistingOrDefaultHeader to provide stricter typing for callers
     * that assign the result to places expecting a string (e.g., additionalHeaders[Headers.ContentType]).
     */
    _getExistingOrDefaultContentTypeHeader(additionalHeaders, _default) {
        let clientHeader;
        if (this.requestOptions && this.requestOptions.headers) {
            const headerValue = lowercaseKeys(this.requestOptions.headers)[Headers.ContentType];
            if (headerValue) {
                if (typeof headerValue === 'number') {
                    clientHeader = String(headerValue);
                }
                else if (Array.isArray(headerValue)) {
                    clientHeader = headerValue.join(', ');
                }
                else {
                    clientHeader = headerValue;
                }
            }
        }
        const additionalValue = additionalHeaders[Headers.ContentType];
        // Return the first non-undefined value, converting numbers or arrays to strings if necessary
        if (additionalValue !== undefined) {
            if (typeof additionalValue === 'number') {
                return String(additionalValue);
            }
            else if (Array.isArray(additionalValue)) {
                return additionalValue.join(', ');
            }
            else {
                return additionalValue;
            }
        }
        if (clientHeader !== undefined) {
            return clientHeader;
        }
        return _default;
    }
    _getAgent(parsedUrl) {
        let agent;
        const proxyUrl = getProxyUrl(parsedUrl);
        const useProxy = proxyUrl && proxyUrl.hostname;
        if (this._keepAlive && useProxy) {
            agent = this._proxyAgent;
        }
        if (!useProxy) {
            agent = this._agent;
        }
        // if agent is already assigned use that agent.
        if (agent) {
            return agent;
        }
        const usingSsl = parsedUrl.protocol === 'https:';
        let maxSockets = 100;
        if (this.requestOptions) {
            maxSockets = this.requestOptions.maxSockets || external_http_.globalAgent.maxSockets;
        }
        // This is `useProxy` again, but we need to check `proxyURl` directly for TypeScripts's flow analysis.
        if (proxyUrl && proxyUrl.hostname) {
            const agentOptions = {
                maxSockets,
                keepAlive: this._keepAlive,
                proxy: Object.assign(Object.assign({}, ((proxyUrl.username || proxyUrl.password) && {
                    proxyAuth: `${proxyUrl.username}:${proxyUrl.password}`
                })), { host: proxyUrl.hostname, port: proxyUrl.port })
            };
            let tunnelAgent;
            const overHttps = proxyUrl.protocol === 'https:';
            if (usingSsl) {
                tunnelAgent = overHttps ? tunnel.httpsOverHttps : tunnel.httpsOverHttp;
            }
            else {
                tunnelAgent = overHttps ? tunnel.httpOverHttps : tunnel.httpOverHttp;
            }
            agent = tunnelAgent(agentOptions);
            this._proxyAgent = agent;
        }
        // if tunneling agent isn't assigned create a new agent
        if (!agent) {
            const options = { keepAlive: this._keepAlive, maxSockets };
            agent = usingSsl ? new external_https_.Agent(options) : new external_http_.Agent(options);
            this._agent = agent;
        }
        if (usingSsl && this._ignoreSslError) {
            // we don't want to set NODE_TLS_REJECT_UNAUTHORIZED=0 since that will affect request for entire process
            // http.RequestOptions doesn't expose a way to modify RequestOptions.agent.options
            // we have to cast it to any and change it directly
            agent.options = Object.assign(agent.options || {}, {
                rejectUnauthorized: false
            });
        }
        return agent;
    }
    _getProxyAgentDispatcher(parsedUrl, proxyUrl) {
        let proxyAgent;
        if (this._keepAlive) {
            proxyAgent = this._proxyAgentDispatcher;
        }
        // if agent is already assigned use that agent.
        if (proxyAgent) {
            return proxyAgent;
        }
        const usingSsl = parsedUrl.protocol === 'https:';
        proxyAgent = new ProxyAgent(Object.assign({ uri: proxyUrl.href, pipelining: !this._keepAlive ? 0 : 1 }, ((proxyUrl.username || proxyUrl.password) && {
            token: `Basic ${Buffer.from(`${proxyUrl.username}:${proxyUrl.password}`).toString('base64')}`
        })));
        this._proxyAgentDispatcher = proxyAgent;
        if (usingSsl && this._ignoreSslError) {
            // we don't want to set NODE_TLS_REJECT_UNAUTHORIZED=0 since that will affect request for entire process
            // http.RequestOptions doesn't expose a way to modify RequestOptions.agent.options
            // we have to cast it to any and change it directly
            proxyAgent.options = Object.assign(proxyAgent.options.requestTls || {}, {
                rejectUnauthorized: false
            });
        }
        return proxyAgent;
    }
    _getUserAgentWithOrchestrationId(userAgent) {
        const baseUserAgent = userAgent || 'actions/http-client';
        const orchId = process.env['ACTIONS_ORCHESTRATION_ID'];
        if (orchId) {
            // Sanitize the orchestration ID to ensure it contains only valid characters
            // Valid characters: 0-9, a-z, _, -, .
            const sanitizedId = orchId.replace(/[^a-z0-9_.-]/gi, '_');
            return `${baseUserAgent} actions_orchestration_id/${sanitizedId}`;
        }
        return baseUserAgent;
    }
    _performExponentialBackoff(retryNumber) {
        return __awaiter(this, void 0, void 0, function* () {
            retryNumber = Math.min(ExponentialBackoffCeiling, retryNumber);
            const ms = ExponentialBackoffTimeSlice * Math.pow(2, retryNumber);
            return new Promise(resolve => setTimeout(() => resolve(), ms));
        });
    }
    _processResponse(res, options) {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve, reject) => __awaiter(this, void 0, void 0, function* () {
                const statusCode = res.message.statusCode || 0;
                const response = {
                    statusCode,
                    result: null,
                    headers: {}
                };
                // not found leads to null obj returned
                if (statusCode === HttpCodes.NotFound) {
                    resolve(response);
                }
                // get the result from the body
                function dateTimeDeserializer(key, value) {
                    if (typeof value === 'string') {
                        const a = new Date(value);
                        if (!isNaN(a.valueOf())) {
                            return a;
                        }
                    }
                    return value;
                }
                let obj;
                let contents;
                try {
                    contents = yield res.readBody();
                    if (contents && contents.length > 0) {
                        if (options && options.deserializeDates) {
                            obj = JSON.parse(contents, dateTimeDeserializer);
                        }
                        else {
                            obj = JSON.parse(contents);
                        }
                        response.result = obj;
                    }
                    response.headers = res.message.headers;
                }
                catch (err) {
                    // Invalid resource (contents not json);  leaving result obj null
                }
                // note that 3xx redirects are handled by the http layer.
                if (statusCode > 299) {
                    let msg;
                    // if exception/error in body, attempt to get better error
                    if (obj && obj.message) {
                        msg = obj.message;
                    }
                    else if (contents && contents.length > 0) {
                        // it may be the case that the exception is in the body message as string
                        msg = contents;
                    }
                    else {
                        msg = `Failed request: (${statusCode})`;
                    }
                    const err = new HttpClientError(msg, statusCode);
                    err.result = response.result;
                    reject(err);
                }
                else {
                    resolve(response);
                }
            }));
        });
    }
}
const lowercaseKeys = (obj) => Object.keys(obj).reduce((c, k) => ((c[k.toLowerCase()] = obj[k]), c), {});
//# sourceMappingURL=index.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/auth.js
var auth_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
class BasicCredentialHandler {
    constructor(username, password) {
        this.username = username;
        this.password = password;
    }
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Basic ${Buffer.from(`${this.username}:${this.password}`).toString('base64')}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return auth_awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
class auth_BearerCredentialHandler {
    constructor(token) {
        this.token = token;
    }
    // currently implements pre-authorization
    // TODO: support preAuth = false where it hooks on 401
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Bearer ${this.token}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return auth_awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
class PersonalAccessTokenCredentialHandler {
    constructor(token) {
        this.token = token;
    }
    // currently implements pre-authorization
    // TODO: support preAuth = false where it hooks on 401
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Basic ${Buffer.from(`PAT:${this.token}`).toString('base64')}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return auth_awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
//# sourceMappingURL=auth.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/oidc-utils.js
var oidc_utils_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};



class oidc_utils_OidcClient {
    static createHttpClient(allowRetry = true, maxRetry = 10) {
        const requestOptions = {
            allowRetries: allowRetry,
            maxRetries: maxRetry
        };
        return new HttpClient('actions/oidc-client', [new BearerCredentialHandler(oidc_utils_OidcClient.getRequestToken())], requestOptions);
    }
    static getRequestToken() {
        const token = process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
        if (!token) {
            throw new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_TOKEN env variable');
        }
        return token;
    }
    static getIDTokenUrl() {
        const runtimeUrl = process.env['ACTIONS_ID_TOKEN_REQUEST_URL'];
        if (!runtimeUrl) {
            throw new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable');
        }
        return runtimeUrl;
    }
    static getCall(id_token_url) {
        return oidc_utils_awaiter(this, void 0, void 0, function* () {
            var _a;
            const httpclient = oidc_utils_OidcClient.createHttpClient();
            const res = yield httpclient
                .getJson(id_token_url)
                .catch(error => {
                throw new Error(`Failed to get ID Token. \n 
        Error Code : ${error.statusCode}\n 
        Error Message: ${error.message}`);
            });
            const id_token = (_a = res.result) === null || _a === void 0 ? void 0 : _a.value;
            if (!id_token) {
                throw new Error('Response json body do not have ID Token field');
            }
            return id_token;
        });
    }
    static getIDToken(audience) {
        return oidc_utils_awaiter(this, void 0, void 0, function* () {
            try {
                // New ID Token is requested from action service
                let id_token_url = oidc_utils_OidcClient.getIDTokenUrl();
                if (audience) {
                    const encodedAudience = encodeURIComponent(audience);
                    id_token_url = `${id_token_url}&audience=${encodedAudience}`;
                }
                debug(`ID token url is ${id_token_url}`);
                const id_token = yield oidc_utils_OidcClient.getCall(id_token_url);
                setSecret(id_token);
                return id_token;
            }
            catch (error) {
                throw new Error(`Error message: ${error.message}`);
            }
        });
    }
}
//# sourceMappingURL=oidc-utils.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/summary.js
var summary_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const { access, appendFile, writeFile } = external_fs_namespaceObject.promises;
const SUMMARY_ENV_VAR = 'GITHUB_STEP_SUMMARY';
const SUMMARY_DOCS_URL = 'https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions#adding-a-job-summary';
class Summary {
    constructor() {
        this._buffer = '';
    }
    /**
     * Finds the summary file path from the environment, rejects if env var is not found or file does not exist
     * Also checks r/w permissions.
     *
     * @returns step summary file path
     */
    filePath() {
        return summary_awaiter(this, void 0, void 0, function* () {
            if (this._filePath) {
                return this._filePath;
            }
            const pathFromEnv = process.env[SUMMARY_ENV_VAR];
            if (!pathFromEnv) {
                throw new Error(`Unable to find environment variable for $${SUMMARY_ENV_VAR}. Check if your runtime environment supports job summaries.`);
            }
            try {
                yield access(pathFromEnv, external_fs_namespaceObject.constants.R_OK | external_fs_namespaceObject.constants.W_OK);
            }
            catch (_a) {
                throw new Error(`Unable to access summary file: '${pathFromEnv}'. Check if the file has correct read/write permissions.`);
            }
            this._filePath = pathFromEnv;
            return this._filePath;
        });
    }
    /**
     * Wraps content in an HTML tag, adding any HTML attributes
     *
     * @param {string} tag HTML tag to wrap
     * @param {string | null} content content within the tag
     * @param {[attribute: string]: string} attrs key-value list of HTML attributes to add
     *
     * @returns {string} content wrapped in HTML element
     */
    wrap(tag, content, attrs = {}) {
        const htmlAttrs = Object.entries(attrs)
            .map(([key, value]) => ` ${key}="${value}"`)
            .join('');
        if (!content) {
            return `<${tag}${htmlAttrs}>`;
        }
        return `<${tag}${htmlAttrs}>${content}</${tag}>`;
    }
    /**
     * Writes text in the buffer to the summary buffer file and empties buffer. Will append by default.
     *
     * @param {SummaryWriteOptions} [options] (optional) options for write operation
     *
     * @returns {Promise<Summary>} summary instance
     */
    write(options) {
        return summary_awaiter(this, void 0, void 0, function* () {
            const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
            const filePath = yield this.filePath();
            const writeFunc = overwrite ? writeFile : appendFile;
            yield writeFunc(filePath, this._buffer, { encoding: 'utf8' });
            return this.emptyBuffer();
        });
    }
    /**
     * Clears the summary buffer and wipes the summary file
     *
     * @returns {Summary} summary instance
     */
    clear() {
        return summary_awaiter(this, void 0, void 0, function* () {
            return this.emptyBuffer().write({ overwrite: true });
        });
    }
    /**
     * Returns the current summary buffer as a string
     *
     * @returns {string} string of summary buffer
     */
    stringify() {
        return this._buffer;
    }
    /**
     * If the summary buffer is empty
     *
     * @returns {boolen} true if the buffer is empty
     */
    isEmptyBuffer() {
        return this._buffer.length === 0;
    }
    /**
     * Resets the summary buffer without writing to summary file
     *
     * @returns {Summary} summary instance
     */
    emptyBuffer() {
        this._buffer = '';
        return this;
    }
    /**
     * Adds raw text to the summary buffer
     *
     * @param {string} text content to add
     * @param {boolean} [addEOL=false] (optional) append an EOL to the raw text (default: false)
     *
     * @returns {Summary} summary instance
     */
    addRaw(text, addEOL = false) {
        this._buffer += text;
        return addEOL ? this.addEOL() : this;
    }
    /**
     * Adds the operating system-specific end-of-line marker to the buffer
     *
     * @returns {Summary} summary instance
     */
    addEOL() {
        return this.addRaw(external_os_namespaceObject.EOL);
    }
    /**
     * Adds an HTML codeblock to the summary buffer
     *
     * @param {string} code content to render within fenced code block
     * @param {string} lang (optional) language to syntax highlight code
     *
     * @returns {Summary} summary instance
     */
    addCodeBlock(code, lang) {
        const attrs = Object.assign({}, (lang && { lang }));
        const element = this.wrap('pre', this.wrap('code', code), attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML list to the summary buffer
     *
     * @param {string[]} items list of items to render
     * @param {boolean} [ordered=false] (optional) if the rendered list should be ordered or not (default: false)
     *
     * @returns {Summary} summary instance
     */
    addList(items, ordered = false) {
        const tag = ordered ? 'ol' : 'ul';
        const listItems = items.map(item => this.wrap('li', item)).join('');
        const element = this.wrap(tag, listItems);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML table to the summary buffer
     *
     * @param {SummaryTableCell[]} rows table rows
     *
     * @returns {Summary} summary instance
     */
    addTable(rows) {
        const tableBody = rows
            .map(row => {
            const cells = row
                .map(cell => {
                if (typeof cell === 'string') {
                    return this.wrap('td', cell);
                }
                const { header, data, colspan, rowspan } = cell;
                const tag = header ? 'th' : 'td';
                const attrs = Object.assign(Object.assign({}, (colspan && { colspan })), (rowspan && { rowspan }));
                return this.wrap(tag, data, attrs);
            })
                .join('');
            return this.wrap('tr', cells);
        })
            .join('');
        const element = this.wrap('table', tableBody);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds a collapsable HTML details element to the summary buffer
     *
     * @param {string} label text for the closed state
     * @param {string} content collapsable content
     *
     * @returns {Summary} summary instance
     */
    addDetails(label, content) {
        const element = this.wrap('details', this.wrap('summary', label) + content);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML image tag to the summary buffer
     *
     * @param {string} src path to the image you to embed
     * @param {string} alt text description of the image
     * @param {SummaryImageOptions} options (optional) addition image attributes
     *
     * @returns {Summary} summary instance
     */
    addImage(src, alt, options) {
        const { width, height } = options || {};
        const attrs = Object.assign(Object.assign({}, (width && { width })), (height && { height }));
        const element = this.wrap('img', null, Object.assign({ src, alt }, attrs));
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML section heading element
     *
     * @param {string} text heading text
     * @param {number | string} [level=1] (optional) the heading level, default: 1
     *
     * @returns {Summary} summary instance
     */
    addHeading(text, level) {
        const tag = `h${level}`;
        const allowedTag = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].includes(tag)
            ? tag
            : 'h1';
        const element = this.wrap(allowedTag, text);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML thematic break (<hr>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addSeparator() {
        const element = this.wrap('hr', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML line break (<br>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addBreak() {
        const element = this.wrap('br', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML blockquote to the summary buffer
     *
     * @param {string} text quote text
     * @param {string} cite (optional) citation url
     *
     * @returns {Summary} summary instance
     */
    addQuote(text, cite) {
        const attrs = Object.assign({}, (cite && { cite }));
        const element = this.wrap('blockquote', text, attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML anchor tag to the summary buffer
     *
     * @param {string} text link text/content
     * @param {string} href hyperlink
     *
     * @returns {Summary} summary instance
     */
    addLink(text, href) {
        const element = this.wrap('a', text, { href });
        return this.addRaw(element).addEOL();
    }
}
const _summary = new Summary();
/**
 * @deprecated use `core.summary`
 */
const markdownSummary = (/* unused pure expression or super */ null && (_summary));
const summary = (/* unused pure expression or super */ null && (_summary));
//# sourceMappingURL=summary.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/path-utils.js

/**
 * toPosixPath converts the given path to the posix form. On Windows, \\ will be
 * replaced with /.
 *
 * @param pth. Path to transform.
 * @return string Posix path.
 */
function toPosixPath(pth) {
    return pth.replace(/[\\]/g, '/');
}
/**
 * toWin32Path converts the given path to the win32 form. On Linux, / will be
 * replaced with \\.
 *
 * @param pth. Path to transform.
 * @return string Win32 path.
 */
function toWin32Path(pth) {
    return pth.replace(/[/]/g, '\\');
}
/**
 * toPlatformPath converts the given path to a platform-specific path. It does
 * this by replacing instances of / and \ with the platform-specific path
 * separator.
 *
 * @param pth The path to platformize.
 * @return string The platform-specific path.
 */
function toPlatformPath(pth) {
    return pth.replace(/[/\\]/g, path.sep);
}
//# sourceMappingURL=path-utils.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/platform.js
var platform_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const getWindowsInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    const { stdout: version } = yield exec.getExecOutput('powershell -command "(Get-CimInstance -ClassName Win32_OperatingSystem).Version"', undefined, {
        silent: true
    });
    const { stdout: name } = yield exec.getExecOutput('powershell -command "(Get-CimInstance -ClassName Win32_OperatingSystem).Caption"', undefined, {
        silent: true
    });
    return {
        name: name.trim(),
        version: version.trim()
    };
});
const getMacOsInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    var _a, _b, _c, _d;
    const { stdout } = yield exec.getExecOutput('sw_vers', undefined, {
        silent: true
    });
    const version = (_b = (_a = stdout.match(/ProductVersion:\s*(.+)/)) === null || _a === void 0 ? void 0 : _a[1]) !== null && _b !== void 0 ? _b : '';
    const name = (_d = (_c = stdout.match(/ProductName:\s*(.+)/)) === null || _c === void 0 ? void 0 : _c[1]) !== null && _d !== void 0 ? _d : '';
    return {
        name,
        version
    };
});
const getLinuxInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    const { stdout } = yield exec.getExecOutput('lsb_release', ['-i', '-r', '-s'], {
        silent: true
    });
    const [name, version] = stdout.trim().split('\n');
    return {
        name,
        version
    };
});
const platform = external_os_namespaceObject.platform();
const arch = external_os_namespaceObject.arch();
const isWindows = platform === 'win32';
const isMacOS = platform === 'darwin';
const isLinux = platform === 'linux';
function getDetails() {
    return platform_awaiter(this, void 0, void 0, function* () {
        return Object.assign(Object.assign({}, (yield (isWindows
            ? getWindowsInfo()
            : isMacOS
                ? getMacOsInfo()
                : getLinuxInfo()))), { platform,
            arch,
            isWindows,
            isMacOS,
            isLinux });
    });
}
//# sourceMappingURL=platform.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/core.js
var core_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};






/**
 * The code to exit an action
 */
var ExitCode;
(function (ExitCode) {
    /**
     * A code indicating that the action was successful
     */
    ExitCode[ExitCode["Success"] = 0] = "Success";
    /**
     * A code indicating that the action was a failure
     */
    ExitCode[ExitCode["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
//-----------------------------------------------------------------------
// Variables
//-----------------------------------------------------------------------
/**
 * Sets env variable for this action and future actions in the job
 * @param name the name of the variable to set
 * @param val the value of the variable. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function exportVariable(name, val) {
    const convertedVal = toCommandValue(val);
    process.env[name] = convertedVal;
    const filePath = process.env['GITHUB_ENV'] || '';
    if (filePath) {
        return issueFileCommand('ENV', prepareKeyValueMessage(name, val));
    }
    issueCommand('set-env', { name }, convertedVal);
}
/**
 * Registers a secret which will get masked from logs
 *
 * @param secret - Value of the secret to be masked
 * @remarks
 * This function instructs the Actions runner to mask the specified value in any
 * logs produced during the workflow run. Once registered, the secret value will
 * be replaced with asterisks (***) whenever it appears in console output, logs,
 * or error messages.
 *
 * This is useful for protecting sensitive information such as:
 * - API keys
 * - Access tokens
 * - Authentication credentials
 * - URL parameters containing signatures (SAS tokens)
 *
 * Note that masking only affects future logs; any previous appearances of the
 * secret in logs before calling this function will remain unmasked.
 *
 * @example
 * ```typescript
 * // Register an API token as a secret
 * const apiToken = "abc123xyz456";
 * setSecret(apiToken);
 *
 * // Now any logs containing this value will show *** instead
 * console.log(`Using token: ${apiToken}`); // Outputs: "Using token: ***"
 * ```
 */
function core_setSecret(secret) {
    command_issueCommand('add-mask', {}, secret);
}
/**
 * Prepends inputPath to the PATH (for this action and future actions)
 * @param inputPath
 */
function addPath(inputPath) {
    const filePath = process.env['GITHUB_PATH'] || '';
    if (filePath) {
        issueFileCommand('PATH', inputPath);
    }
    else {
        issueCommand('add-path', {}, inputPath);
    }
    process.env['PATH'] = `${inputPath}${path.delimiter}${process.env['PATH']}`;
}
/**
 * Gets the value of an input.
 * Unless trimWhitespace is set to false in InputOptions, the value is also trimmed.
 * Returns an empty string if the value is not defined.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string
 */
function getInput(name, options) {
    const val = process.env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] || '';
    if (options && options.required && !val) {
        throw new Error(`Input required and not supplied: ${name}`);
    }
    if (options && options.trimWhitespace === false) {
        return val;
    }
    return val.trim();
}
/**
 * Gets the values of an multiline input.  Each value is also trimmed.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string[]
 *
 */
function getMultilineInput(name, options) {
    const inputs = getInput(name, options)
        .split('\n')
        .filter(x => x !== '');
    if (options && options.trimWhitespace === false) {
        return inputs;
    }
    return inputs.map(input => input.trim());
}
/**
 * Gets the input value of the boolean type in the YAML 1.2 "core schema" specification.
 * Support boolean input list: `true | True | TRUE | false | False | FALSE` .
 * The return value is also in boolean type.
 * ref: https://yaml.org/spec/1.2/spec.html#id2804923
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   boolean
 */
function getBooleanInput(name, options) {
    const trueValue = ['true', 'True', 'TRUE'];
    const falseValue = ['false', 'False', 'FALSE'];
    const val = getInput(name, options);
    if (trueValue.includes(val))
        return true;
    if (falseValue.includes(val))
        return false;
    throw new TypeError(`Input does not meet YAML 1.2 "Core Schema" specification: ${name}\n` +
        `Support boolean input list: \`true | True | TRUE | false | False | FALSE\``);
}
/**
 * Sets the value of an output.
 *
 * @param     name     name of the output to set
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function setOutput(name, value) {
    const filePath = process.env['GITHUB_OUTPUT'] || '';
    if (filePath) {
        return issueFileCommand('OUTPUT', prepareKeyValueMessage(name, value));
    }
    process.stdout.write(os.EOL);
    issueCommand('set-output', { name }, toCommandValue(value));
}
/**
 * Enables or disables the echoing of commands into stdout for the rest of the step.
 * Echoing is disabled by default if ACTIONS_STEP_DEBUG is not set.
 *
 */
function setCommandEcho(enabled) {
    issue('echo', enabled ? 'on' : 'off');
}
//-----------------------------------------------------------------------
// Results
//-----------------------------------------------------------------------
/**
 * Sets the action status to failed.
 * When the action exits it will be with an exit code of 1
 * @param message add error issue message
 */
function setFailed(message) {
    process.exitCode = ExitCode.Failure;
    error(message);
}
//-----------------------------------------------------------------------
// Logging Commands
//-----------------------------------------------------------------------
/**
 * Gets whether Actions Step Debug is on or not
 */
function isDebug() {
    return process.env['RUNNER_DEBUG'] === '1';
}
/**
 * Writes debug message to user log
 * @param message debug message
 */
function core_debug(message) {
    issueCommand('debug', {}, message);
}
/**
 * Adds an error issue
 * @param message error issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function error(message, properties = {}) {
    command_issueCommand('error', utils_toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a warning issue
 * @param message warning issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function warning(message, properties = {}) {
    command_issueCommand('warning', utils_toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a notice issue
 * @param message notice issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function notice(message, properties = {}) {
    issueCommand('notice', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Writes info to log with console.log.
 * @param message info message
 */
function info(message) {
    process.stdout.write(message + external_os_namespaceObject.EOL);
}
/**
 * Begin an output group.
 *
 * Output until the next `groupEnd` will be foldable in this group
 *
 * @param name The name of the output group
 */
function startGroup(name) {
    command_issue('group', name);
}
/**
 * End an output group.
 */
function endGroup() {
    command_issue('endgroup');
}
/**
 * Wrap an asynchronous function call in a group.
 *
 * Returns the same type as the function itself.
 *
 * @param name The name of the group
 * @param fn The function to wrap in the group
 */
function group(name, fn) {
    return core_awaiter(this, void 0, void 0, function* () {
        startGroup(name);
        let result;
        try {
            result = yield fn();
        }
        finally {
            endGroup();
        }
        return result;
    });
}
//-----------------------------------------------------------------------
// Wrapper action state
//-----------------------------------------------------------------------
/**
 * Saves state for current action, the state can only be retrieved by this action's post job execution.
 *
 * @param     name     name of the state to store
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function saveState(name, value) {
    const filePath = process.env['GITHUB_STATE'] || '';
    if (filePath) {
        return issueFileCommand('STATE', prepareKeyValueMessage(name, value));
    }
    issueCommand('save-state', { name }, toCommandValue(value));
}
/**
 * Gets the value of an state set by this action's main execution.
 *
 * @param     name     name of the state to get
 * @returns   string
 */
function getState(name) {
    return process.env[`STATE_${name}`] || '';
}
function getIDToken(aud) {
    return core_awaiter(this, void 0, void 0, function* () {
        return yield OidcClient.getIDToken(aud);
    });
}
/**
 * Summary exports
 */

/**
 * @deprecated use core.summary
 */

/**
 * Path exports
 */

/**
 * Platform utilities exports
 */

//# sourceMappingURL=core.js.map
// EXTERNAL MODULE: ./lib/src/oci/action-error.js
var action_error = __nccwpck_require__(875);
;// CONCATENATED MODULE: ./lib/src/printable.js
/**
 * Control characters, line and paragraph separators, bidirectional marks, invisible characters, tags and lone
 * surrogates: what a terminal or a reader would not see, or would see as something else.
 */
const unprintable = /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** In parentheses, so that splitting by it keeps the digests, at odd places. */
const digest = /(sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})(?![0-9a-f]))/;
/** With a scheme or without, with slashes as JSON escapes them, and in the odd forms in which browsers take one of http. */
const anyUrl = /(?:\bhttps?:|\b[a-z][a-z0-9+.-]{0,30}:(?=\\?\/)|(?=[\\/]{2}))[^\s"<>]+/gi;
/** User name and password, wherever in a text something may be taken for a URL. */
const userinfo = /(\bhttps?:[\\/]*|[\\/]{2})[^\s\\/?#"]*@/gi;
/** Query values that say what was asked for and authorize nobody. */
const harmlessQueries = new Set(['scope', 'service', 'digest']);
/** A value in which no other parameter can hide. */
const plainValue = /^[\w.~:/@%*,+-]*$/;
/**
 * Makes a string from outside fit to print on one line of a log: nothing in it ends the line, moves the cursor, or is
 * a command to the runner, which obeys `::` at the start of a line and `##[` anywhere in it. URLs lose their userinfo,
 * and their queries but for `scope`, `service` and `digest`.
 */
function printable(text) {
    return text
        .replace(userinfo, '$1')
        .replace(anyUrl, printableUrl)
        .replace(unprintable, (character) => named[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`)
        .replace(/##(?=\[)/g, '#\\u{23}')
        .replace(/^(\s*):(?=:)/, '$1\\u{3a}');
}
/** Cuts secrets out of `text`, leaving whole digests alone: a hostile token must not be able to hide one. */
function redact(text, secrets) {
    const parts = text.split(digest);
    // The longest first, so that one that begins like another is cut whole.
    for (const secret of [...secrets].sort((one, other) => other.length - one.length)) {
        parts.forEach((part, at) => {
            if (at % 2 === 0)
                parts[at] = part.replaceAll(secret, '***');
        });
    }
    return parts.join('');
}
function printableUrl(url) {
    const [head = '', query] = url.split(/[?#]/, 2);
    if (query === undefined || !url.startsWith('?', head.length))
        return head;
    const pairs = query.split('&').map((pair) => {
        const [name = '', value = ''] = pair.split(/=(.*)/s, 2);
        return harmlessQueries.has(name.toLowerCase()) && plainValue.test(value) ? pair : `${name}=***`;
    });
    return `${head}?${pairs.join('&')}`;
}

;// CONCATENATED MODULE: ./lib/src/log.js



/** Characters from which on a line of a secret is masked by the runner; a shorter mask would hide what is no secret. */
const shortestMask = 16;
/**
 * Characters from which on a secret is cut out of all that is printed; a shorter one, which would be found in our own
 * words, only out of quotes. A registry chooses its tokens, and no password has three characters.
 */
const shortestSecret = 4;
const shortestToken = 8;
/** Annotations that one step may write; the runner drops what comes after. */
const mostAnnotations = 10;
/** Warnings among them, so that there is room for what made the step fail. */
const mostWarnings = 3;
/** Characters of one annotation, below the 4,096 that the runner keeps. */
const longestAnnotation = 4000;
/** Characters that are shown of another's own words. */
const longestQuote = 512;
/** Characters of another's words that are looked at: fewer than any error body has that was cut. */
const longestSource = 16_000;
/** Characters of a line of the log. */
const longestLine = 8000;
/** Characters of each part of an annotation. */
const longestPart = 1800;
/** What to do about a failure that has no advice of its own. */
const generalAdvice = {
    'invalid-input': 'Correct the input; no request was sent.',
    'not-found': 'Check the spelling of repository and tag.',
    'platform-not-found': 'Ask for a platform that the image has.',
    unauthorized: 'Log in to the registry in an earlier step, or give the inputs username and password.',
    denied: 'Check that the credentials may read this repository.',
    'rate-limited': 'Log in, or run the job later.',
    'digest-mismatch': 'Do not use this image: its bytes are not those that its digest names.',
    'size-mismatch': 'Do not use this image: push it again.',
    'invalid-manifest': 'Push the image again with a current client; if it was, something between it and the runner changes it.',
    unsupported: 'Use sha256 or sha512, and an image in OCI or Docker schema 2 format.',
    'too-large': 'Look whether the reference names an image: manifests and configs are far smaller.',
    'untrusted-host': 'Ask the operator of the registry where it should lead.',
    'gate-failed': 'Do not go on with this image, or correct what is expected of it.',
    'wait-timeout': 'Look why it does not hold yet, or allow more by the input wait-timeout.',
    timeout: 'Look at the registry and the network, then run the job again.',
    network: 'Check that the runner can reach the host, then run the job again.',
    tls: 'Check the certificate of the host, and what the runner trusts.',
    'registry-error': 'Look at the status of the registry, and run the job again; if it stays, tell its operator.',
    'runner-error': 'Look at the runner and its disk.',
    internal: 'Please report it, with the log of this step.',
};
/** A log on standard output, by the runner's workflow commands. */
function openLog() {
    const secrets = new Set();
    const onlyQuoted = new Set();
    let annotations = 0;
    // Cut after redaction, or half a secret could be left, and before the rest, which costs more than a long text is worth.
    const safe = (text) => printable(shorten(redact(text, secrets), longestLine));
    const masked = new Set();
    const keep = (secret, shortest) => {
        for (const line of secret.split(/[\r\n]+/)) {
            if (line.length >= shortestMask && !masked.has(line))
                core_setSecret(line);
            masked.add(line);
            for (const form of line === '' ? [] : formsOf(line))
                (line.length >= shortest ? secrets : onlyQuoted).add(form);
        }
    };
    return {
        line: (text) => info(safe(text)),
        group(title, lines) {
            startGroup(safe(title));
            for (const line of lines)
                info(safe(line));
            endGroup();
        },
        warning(text) {
            annotations += 1;
            if (annotations > mostWarnings)
                info(`Warning: ${safe(text)}`);
            else
                warning(shorten(safe(text), longestAnnotation), { title: 'Image Digests' });
        },
        annotationsLeft: () => mostAnnotations - Math.min(annotations, mostWarnings),
        error(code, lines) {
            const whole = lines.map(safe);
            for (const line of whole)
                if (line.length > longestPart)
                    info(line);
            const text = whole.map((line) => shorten(line, longestPart)).join('\n');
            error(shorten(text, longestAnnotation), { title: `Image Digests: ${code}` });
        },
        keepSecret: (secret) => keep(secret, shortestSecret),
        keepToken: (token) => keep(token, shortestToken),
        safe,
        quote(text) {
            // All at once, as a short secret may be a part of a long one.
            const hidden = [...secrets, ...onlyQuoted];
            const begin = redact(text.slice(0, longestSource), hidden);
            // What ends where a text was cut may be the beginning of a secret.
            const unsure = text.length > longestSource ? Math.max(0, ...hidden.map(({ length }) => length)) : 0;
            const shown = begin.slice(0, Math.max(0, begin.length - unsure));
            return shorten(printable(shown.replace(/\s+/g, ' ').trim()), longestQuote);
        },
    };
}
/** What a person needs of a failure, part by part: what happened, what the registry said, what to do. */
function partsOf(error, about, { quote }) {
    const known = error instanceof action_error/* ActionError */.lZ ? error : defect(error);
    const words = quote(known.said ?? '');
    const said = words === '' ? [] : [`It said: ${words}`];
    const advice = [`What to do: ${known.advice ?? generalAdvice[known.code]}`];
    return { code: known.code, parts: [about === '' ? known.message : `${about}: ${known.message}`, ...said, ...advice] };
}
/** The ways in which a secret may come back: as it is, in JSON, in a query or form, in a Basic header. */
function formsOf(secret) {
    const bytes = Buffer.from(secret);
    const base64 = bytes.toString('base64');
    const inForm = new URLSearchParams({ '': secret }).toString().slice(1);
    const encoded = [encodeURIComponent(bytes.toString()), inForm];
    const lowerCase = encoded.map((text) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
    const inJson = JSON.stringify(secret).slice(1, -1);
    return [secret, inJson, ...encoded, ...lowerCase, base64, base64.replace(/=+$/, '')];
}
function defect(error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return new action_error/* ActionError */.lZ('internal', `The action has a defect: ${message}`);
}
function shorten(text, longest) {
    return text.length <= longest ? text : `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

;// CONCATENATED MODULE: external "node:crypto"
const external_node_crypto_namespaceObject = require("node:crypto");
;// CONCATENATED MODULE: ./lib/src/inert-json.js
const inert = new Set(Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@+=,-'));
/**
 * Writes JSON on one line that is inert in a shell: inside strings, everything but `A-Z a-z 0-9 _ . / : @ + = , -` is a
 * `\uXXXX` escape. No label or annotation can then break out of the script that the output is pasted into.
 */
function inertJson(value) {
    if (Array.isArray(value))
        return `[${value.map(inertJson).join(',')}]`;
    if (typeof value === 'object' && value !== null) {
        const members = Object.entries(value).flatMap(([key, member]) => member === undefined ? [] : [`${inertString(key)}:${inertJson(member)}`]);
        return `{${members.join(',')}}`;
    }
    return typeof value === 'string' ? inertString(value) : JSON.stringify(value);
}
function inertString(text) {
    // Into bytes, as a hostile text of megabytes would otherwise become millions of strings.
    const bytes = Buffer.allocUnsafe(text.length * 6);
    let length = 0;
    for (let at = 0; at < text.length; at += 1) {
        const unit = text.charCodeAt(at);
        if (inert.has(unit))
            bytes[length++] = unit;
        else
            length += bytes.write(`\\u${unit.toString(16).padStart(4, '0')}`, length, 'latin1');
    }
    return `"${bytes.toString('latin1', 0, length)}"`;
}

;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = require("node:fs");
;// CONCATENATED MODULE: ./lib/src/runner-file.js

/**
 * Appends texts to a file that the runner gave. All or nothing: what was written in part is taken back. A FIFO or a
 * device is refused, as it may never take the text.
 *
 * @throws Error when it cannot be written
 */
function appendToRunnerFile(path, texts) {
    const before = (0,external_node_fs_namespaceObject.statSync)(path, { throwIfNoEntry: false });
    if (before !== undefined && !before.isFile())
        throw new Error('it is not a regular file');
    const file = (0,external_node_fs_namespaceObject.openSync)(path, 'a');
    try {
        for (const text of texts)
            writeWhole(file, Buffer.from(text));
    }
    catch (error) {
        (0,external_node_fs_namespaceObject.ftruncateSync)(file, before?.size ?? 0);
        throw error;
    }
    finally {
        (0,external_node_fs_namespaceObject.closeSync)(file);
    }
}
function writeWhole(file, bytes) {
    for (let at = 0; at < bytes.length;)
        at += (0,external_node_fs_namespaceObject.writeSync)(file, bytes, at);
}

;// CONCATENATED MODULE: ./lib/src/outputs.js




/** Every output, as `action.yml` lists them. */
const outputNames = [
    'exists',
    'digest',
    'index-digest',
    'manifest-digest',
    'config-digest',
    'layer-digests',
    'layers',
    'diff-ids',
    'name',
    'reference',
    'media-type',
    'platform',
    'platforms',
    'size',
    'created',
    'labels',
    'annotations',
    'index-path',
    'manifest-path',
    'config-path',
    'changed',
    'needs-updating',
    'results',
    'error-code',
];
/**
 * The outputs of a run. Those that describe one manifest are set only when one image and one platform were asked for,
 * so that none is read by mistake.
 *
 * @param results those of each outcome, in the same order
 * @param isOnePlatform whether exactly one platform was asked for by name
 */
function outputsOf(outcomes, results, files, isOnePlatform) {
    const common = {
        exists: String(outcomes.every(({ found }) => found !== undefined)),
        results: inertJson(results.flat()),
    };
    const [outcome] = outcomes;
    const [result] = results.flat();
    if (outcomes.length !== 1 || outcome?.found === undefined || result === undefined)
        return common;
    const ofImage = { ...common, ...imageOutputs(result) };
    return isOnePlatform ? { ...ofImage, ...manifestOutputs(outcome, result, files) } : ofImage;
}
/**
 * Writes all outputs at once.
 *
 * @param path `GITHUB_OUTPUT`
 * @throws ActionError `runner-error`; nothing has been set then
 */
function writeOutputs(path, outputs) {
    const texts = outputNames.flatMap((name) => {
        const value = outputs[name];
        if (value === undefined)
            return [];
        const delimiter = `ghadelimiter_${(0,external_node_crypto_namespaceObject.randomUUID)()}`;
        return [`${name}<<${delimiter}\n${value}\n${delimiter}\n`];
    });
    try {
        if (path === '')
            throw new Error('it is not set');
        appendToRunnerFile(path, texts);
    }
    catch (cause) {
        const why = (0,action_error/* messageOf */.bD)(cause);
        throw new action_error/* ActionError */.lZ('runner-error', `GITHUB_OUTPUT cannot be written: ${why}`, {
            advice: 'The runner sets GITHUB_OUTPUT to a file for each step; look at the runner and its disk.',
            cause,
        });
    }
}
/** The one output of a step that has failed. */
function failureOutputs(code) {
    return { 'error-code': code };
}
function imageOutputs(result) {
    return {
        digest: result.digest ?? '',
        'index-digest': result.indexDigest ?? '',
        name: result.name,
        reference: result.reference ?? '',
        'media-type': result.mediaType ?? '',
        platforms: inertJson(result.platforms),
    };
}
function manifestOutputs({ found }, result, files) {
    const { layers = [], configDigest, changed, needsUpdating } = result;
    const hasConfig = result.labels !== undefined && configDigest !== undefined;
    return {
        'manifest-digest': result.manifestDigest ?? '',
        'config-digest': configDigest ?? '',
        'layer-digests': inertJson(layers.map(({ digest }) => digest)),
        layers: inertJson(layers),
        platform: result.platform ?? '',
        size: String(result.size),
        annotations: inertJson(result.annotations),
        'index-path': found?.image.entries === undefined ? '' : files.pathOf(found.image.digest),
        'manifest-path': result.manifestPath ?? '',
        ...(hasConfig
            ? {
                created: result.created ?? '',
                labels: inertJson(result.labels),
                'diff-ids': inertJson(result.diffIds),
                'config-path': files.pathOf(configDigest),
            }
            : {}),
        ...(changed === undefined ? {} : { changed: String(changed) }),
        ...(needsUpdating === undefined ? {} : { 'needs-updating': String(needsUpdating) }),
    };
}

;// CONCATENATED MODULE: ./lib/src/failure.js



/**
 * Prints an annotation for each failure, up to the most that a step may have, and sets `error-code` to that of the first.
 *
 * @returns false, for the step has not succeeded
 */
function fail(log, { output }, failures) {
    const reports = failures.map(({ error, about }) => partsOf(error, about, log));
    const code = reports[0]?.code ?? 'internal';
    const room = log.annotationsLeft();
    const shown = reports.length > room ? room - 1 : reports.length;
    for (const report of reports.slice(0, shown))
        log.error(report.code, report.parts);
    const left = reports.length - shown;
    if (left > 0)
        log.error(code, [`${left} more images failed: see the log of this step.`]);
    try {
        writeOutputs(output, failureOutputs(code));
    }
    catch (error) {
        log.line(`error-code could not be set: ${(0,action_error/* messageOf */.bD)(error)}`);
    }
    return false;
}

// EXTERNAL MODULE: ./lib/src/inputs.js + 3 modules
var src_inputs = __nccwpck_require__(248);
;// CONCATENATED MODULE: ./lib/src/clock.js

/** The clock of this machine. */
const systemClock = {
    now: Date.now,
    random: Math.random,
    sleep: (milliseconds, signal) => new Promise((resolve, reject) => {
        const stop = () => {
            clearTimeout(timer);
            reject(signal.reason);
        };
        const timer = setTimeout(() => {
            signal.removeEventListener('abort', stop);
            resolve();
        }, milliseconds);
        if (signal.aborted)
            stop();
        else
            signal.addEventListener('abort', stop, { once: true });
    }),
};
/**
 * Gives `body` a look that ends after so many milliseconds.
 *
 * @throws ActionError `timeout` when it takes longer, besides what `body` throws
 */
async function withLook(timeout, note, body) {
    const controller = new AbortController();
    const late = new action_error/* ActionError */.lZ('timeout', `One look at the registry took longer than ${timeout / 1000} seconds.`, {
        advice: 'Look at the registry and the network first; the input timeout allows more.',
    });
    const timer = setTimeout(() => controller.abort(late), timeout);
    const { promise: overdue, stop } = rejection(controller.signal);
    try {
        return await Promise.race([body({ signal: controller.signal, deadline: Date.now() + timeout, note }), overdue]);
    }
    finally {
        clearTimeout(timer);
        stop();
    }
}
function rejection(signal) {
    let stop = () => { };
    const promise = new Promise((_, reject) => {
        const listener = () => reject(signal.reason);
        signal.addEventListener('abort', listener, { once: true });
        stop = () => signal.removeEventListener('abort', listener);
    });
    return { promise, stop };
}

;// CONCATENATED MODULE: ./lib/src/oci/media-type.js
/** The four media types that are asked for, in the order of the `Accept` header. */
const manifestTypes = [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
];
const kinds = {
    'application/vnd.oci.image.index.v1+json': 'index',
    'application/vnd.docker.distribution.manifest.list.v2+json': 'index',
    'application/vnd.oci.image.manifest.v1+json': 'manifest',
    'application/vnd.docker.distribution.manifest.v2+json': 'manifest',
};
/** Types that say nothing about a document: registries and proxies fall back to them. */
const genericTypes = new Set(['', 'application/json', 'text/plain', 'application/octet-stream']);
const schema1Types = new Set([
    'application/vnd.docker.distribution.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
]);
const imageConfigTypes = new Set([
    'application/vnd.oci.image.config.v1+json',
    'application/vnd.docker.container.image.v1+json',
]);
/** Reads a `Content-Type`: parameters dropped, lower-cased; empty when there is none. */
function essence(contentType) {
    return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
/** Whether `type` is one of the four of {@link manifestTypes}. */
function isManifestType(type) {
    return Object.hasOwn(kinds, type);
}
/** Whether a document of this type is an index or a manifest. */
function kindOf(type) {
    return kinds[type];
}
/** Whether `type` leaves open what the document is. */
function isGenericType(type) {
    return genericTypes.has(type);
}
/** Whether `type` is Docker's schema 1, whose digests cannot be computed from the bytes. */
function isSchema1Type(type) {
    return schema1Types.has(type);
}
/**
 * Whether `type` is the config of an image that can be run, and not of some other artifact. In Docker's manifests a
 * generic type is one, too: old clients pushed images so.
 *
 * @param manifestType the type of the manifest that names the config
 * @see https://github.com/distribution/distribution/issues/1621
 */
function isImageConfigType(type, manifestType) {
    const isDocker = manifestType === 'application/vnd.docker.distribution.manifest.v2+json';
    return imageConfigTypes.has(type) || (isDocker && isGenericType(type));
}

// EXTERNAL MODULE: ./lib/src/oci/platform.js
var oci_platform = __nccwpck_require__(993);
;// CONCATENATED MODULE: ./lib/src/image.js



/** Levels of index below one another. */
const mostLevels = 4;
/** Entries of an index and all that nest in it. */
const mostEntries = 1000;
/**
 * Reads what `reference` points to, and every index that nests in it.
 *
 * @throws ActionError `invalid-manifest` for too many entries, levels or a cycle, and what {@link RegistryClient} throws
 */
async function loadImage(reference, client, look) {
    const { digest, bytes, document } = await client.manifest(reference, look);
    const common = { reference, digest, bytes, mediaType: document.mediaType };
    if (document.kind === 'manifest')
        return { ...common, entries: undefined, manifest: document };
    const entries = await expand(document, [digest], { client, look, reference, budget: { left: mostEntries } });
    return { ...common, entries, manifest: undefined };
}
/** Whether an entry is about others and no image itself. */
function isAttestation({ platform, isAttestation: isAnnotated }) {
    return isAnnotated || (platform !== undefined && (0,oci_platform/* isUnknownPlatform */._H)(platform));
}
/** A platform as the index writes it; features are left out, as they tell no images apart. */
function writtenPlatform(platform) {
    return (0,oci_platform/* formatPlatform */.Bq)({ ...platform, osFeatures: [] });
}
/** The image entries of an index in index order, those of nested indexes in the place of these. */
async function expand(index, path, expansion) {
    expansion.budget.left -= index.manifests.length;
    if (expansion.budget.left < 0) {
        throw new action_error/* ActionError */.lZ('invalid-manifest', `The index has more than ${mostEntries} entries, nested ones included.`);
    }
    const parts = index.manifests
        .filter((entry) => !isAttestation(entry))
        .map(async (entry) => {
        if (!isIndex(entry))
            return isCandidate(entry) ? [entry] : [];
        return expandNested(entry, path, expansion);
    });
    return (await Promise.all(parts)).flat();
}
async function expandNested(entry, path, expansion) {
    if (path.includes(entry.digest))
        throw new action_error/* ActionError */.lZ('invalid-manifest', `The index ${entry.digest} holds itself.`);
    if (path.length >= mostLevels) {
        throw new action_error/* ActionError */.lZ('invalid-manifest', `Indexes nest in more than ${mostLevels} levels.`);
    }
    const { client, look, reference } = expansion;
    const { document } = await client.child(reference, entry, look);
    return document.kind === 'index' ? expand(document, [...path, entry.digest], expansion) : [];
}
function isIndex({ mediaType }) {
    return isManifestType(mediaType) && kindOf(mediaType) === 'index';
}
/** An entry with a platform is one even when its type is unsupported, so that asking for it says so. */
function isCandidate({ mediaType, platform }) {
    return platform !== undefined || isManifestType(mediaType);
}

// EXTERNAL MODULE: ./lib/src/oci/digest.js
var oci_digest = __nccwpck_require__(618);
;// CONCATENATED MODULE: ./lib/src/oci/hash.js

/** The digest of exactly these bytes. */
function digestOf(bytes, algorithm = 'sha256') {
    return `${algorithm}:${(0,external_node_crypto_namespaceObject.createHash)(algorithm).update(bytes).digest('hex')}`;
}

// EXTERNAL MODULE: ./lib/src/oci/reference.js
var oci_reference = __nccwpck_require__(41);
;// CONCATENATED MODULE: ./lib/src/registry/shared.js

/**
 * Gets something once for all who ask for it by the same key. What failed is got anew for whoever asks later, and for
 * those whose own time is not over when that of the one they shared it with was.
 *
 * @param signal ends the caller's own look
 */
async function shared(cache, key, signal, get) {
    for (let known = cache.get(key); known !== undefined; known = cache.get(key)) {
        try {
            return await known;
        }
        catch (error) {
            if (!isAnothersTimeout(error, signal))
                throw error;
        }
    }
    const fresh = get();
    cache.set(key, fresh);
    try {
        return await fresh;
    }
    catch (error) {
        cache.delete(key);
        throw error;
    }
}
/** Whether something that was shared failed as the time of another was over, while there is some left here. */
function isAnothersTimeout(error, signal) {
    return error instanceof action_error/* ActionError */.lZ && error.code === 'timeout' && !signal.aborted;
}

;// CONCATENATED MODULE: ./lib/src/oci/fields.js


/** Takes `value` as an object. `what` names it in the error. */
function asObject(value, what) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw wrong(what, 'an object');
    return value;
}
/** Takes `value` as an array. */
function asArray(value, what) {
    if (!Array.isArray(value))
        throw wrong(what, 'an array');
    return value;
}
/** Takes `value` as a string that is not empty. */
function asText(value, what) {
    if (typeof value !== 'string' || value === '')
        throw wrong(what, 'a string');
    return value;
}
/** Takes `value` as a string; empty when it is absent or null. */
function asOptionalText(value, what) {
    if (value === undefined || value === null)
        return '';
    if (typeof value !== 'string')
        throw wrong(what, 'a string');
    return value;
}
/** Takes `value` as a list of strings; empty when it is absent or null. */
function asOptionalTexts(value, what) {
    if (value === undefined || value === null)
        return [];
    return asArray(value, what).map((item) => asText(item, `${what}[]`));
}
/** Takes `value` as a map of strings; empty when it is absent or null. */
function asTextMap(value, what) {
    const map = Object.create(null);
    if (value === undefined || value === null)
        return map;
    for (const [key, text] of Object.entries(asObject(value, what)))
        map[key] = asOptionalText(text, `${what}.*`);
    return map;
}
/** Takes `value` as a size in bytes. */
function asSize(value, what) {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
        throw wrong(what, 'a size in bytes');
    return value;
}
/** Takes `value` as a digest: nothing else may reach a path or a file name (CVE-2024-3727). */
function asDigest(value, what) {
    const text = asText(value, what);
    try {
        return (0,oci_digest/* parseDigest */.m)(text, 'invalid-manifest');
    }
    catch (error) {
        throw error instanceof action_error/* ActionError */.lZ ? error.with({ message: `${what}: ${error.message}` }) : error;
    }
}
/**
 * Refuses keys that differ from a known one only in case, as Go's reader takes them for the same.
 * Folding by upper and then lower case catches `ſ` and the Kelvin sign, as Go does.
 */
function refuseCaseVariants(object, known, what) {
    for (const key of Object.keys(object)) {
        const folded = fold(key);
        if (known.some((name) => name !== key && fold(name) === folded)) {
            throw new action_error/* ActionError */.lZ('invalid-manifest', `"${key}" in ${what} differs from a known field only in case.`);
        }
    }
}
function fold(text) {
    return text.toUpperCase().toLowerCase();
}
function wrong(what, expected) {
    return new action_error/* ActionError */.lZ('invalid-manifest', `${what} is not ${expected}.`);
}

;// CONCATENATED MODULE: ./lib/src/oci/strict-json.js

/** Levels of nesting; no OCI document has ten. */
const deepest = 64;
/** Values in one document, so that 4 MiB of brackets cannot become 300 MiB of objects. */
const mostValues = 100_000;
const plainInteger = /^-?(?:0|[1-9][0-9]*)$/;
const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const stringRun = /[^"\\\u0000-\u001f]*/y;
const loneSurrogate = /\p{Surrogate}/u;
const whiteSpace = /[ \t\n\r]*/y;
const escapes = {
    '"': '"',
    '\\': '\\',
    '/': '/',
    b: '\b',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
};
/**
 * Reads one JSON document and nothing else: UTF-8 without BOM, no duplicate keys, no lone surrogates,
 * at most 64 levels deep. Two readers can then not understand the same bytes differently (CVE-2021-41190 and its kind).
 *
 * @throws ActionError `invalid-manifest`, saying what is wrong and at which character
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
function parseStrictJson(bytes) {
    const reader = new Reader(decode(bytes));
    const value = reader.value(1);
    reader.end();
    return value;
}
function decode(bytes) {
    try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    }
    catch (cause) {
        throw new action_error/* ActionError */.lZ('invalid-manifest', 'The document is not UTF-8.', { cause });
    }
}
class Reader {
    #text;
    #at = 0;
    #values = 0;
    constructor(text) {
        this.#text = text;
    }
    /** Reads the value that starts here, `depth` being its own level. */
    value(depth) {
        this.#values += 1;
        if (this.#values > mostValues)
            throw this.#error(`more than ${mostValues} values`);
        this.#match(whiteSpace);
        switch (this.#text[this.#at]) {
            case '{':
                return this.#object(depth);
            case '[':
                return this.#array(depth);
            case '"':
                return this.#string();
            case 't':
                return this.#word('true', true);
            case 'f':
                return this.#word('false', false);
            case 'n':
                return this.#word('null', null);
            default:
                return this.#number();
        }
    }
    /** Checks that nothing but white space follows. */
    end() {
        this.#match(whiteSpace);
        if (this.#at < this.#text.length)
            throw this.#error('something after the document');
    }
    #object(depth) {
        this.#open(depth);
        const object = Object.create(null);
        if (this.#take('}'))
            return object;
        do {
            this.#match(whiteSpace);
            const key = this.#string();
            if (key in object)
                throw this.#error('a duplicate key');
            if (!this.#take(':'))
                throw this.#error('a colon is missing');
            object[key] = this.value(depth + 1);
        } while (this.#take(','));
        if (!this.#take('}'))
            throw this.#error('an object is not closed');
        return object;
    }
    #array(depth) {
        this.#open(depth);
        const array = [];
        if (this.#take(']'))
            return array;
        do
            array.push(this.value(depth + 1));
        while (this.#take(','));
        if (!this.#take(']'))
            throw this.#error('an array is not closed');
        return array;
    }
    #open(depth) {
        if (depth > deepest)
            throw this.#error(`more than ${deepest} levels`);
        this.#at += 1;
    }
    #string() {
        if (this.#text[this.#at] !== '"')
            throw this.#error('a string is expected');
        this.#at += 1;
        const parts = [this.#match(stringRun)];
        while (this.#text[this.#at] === '\\')
            parts.push(this.#escape(), this.#match(stringRun));
        if (this.#text[this.#at] !== '"')
            throw this.#error('a string is not closed');
        this.#at += 1;
        const text = parts.join('');
        if (loneSurrogate.test(text))
            throw this.#error('a lone surrogate');
        return text;
    }
    #escape() {
        const letter = this.#text[this.#at + 1] ?? '';
        if (letter === 'u') {
            const hex = this.#text.slice(this.#at + 2, this.#at + 6);
            if (!/^[0-9a-fA-F]{4}$/.test(hex))
                throw this.#error('a bad escape');
            this.#at += 6;
            return String.fromCharCode(Number.parseInt(hex, 16));
        }
        const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
        if (character === undefined)
            throw this.#error('a bad escape');
        this.#at += 2;
        return character;
    }
    #number() {
        const literal = this.#match(numberPattern);
        if (literal === '')
            throw this.#error('a value is expected');
        return plainInteger.test(literal) ? Number(literal) : Number.NaN;
    }
    #word(word, value) {
        if (!this.#text.startsWith(word, this.#at))
            throw this.#error('a value is expected');
        this.#at += word.length;
        return value;
    }
    #take(character) {
        this.#match(whiteSpace);
        if (this.#text[this.#at] !== character)
            return false;
        this.#at += 1;
        return true;
    }
    #match(sticky) {
        sticky.lastIndex = this.#at;
        const match = sticky.exec(this.#text)?.[0] ?? '';
        this.#at += match.length;
        return match;
    }
    #error(what) {
        return new action_error/* ActionError */.lZ('invalid-manifest', `Not strict JSON: ${what}, at character ${this.#at}.`);
    }
}

;// CONCATENATED MODULE: ./lib/src/oci/config.js


const configFields = ['os', 'architecture', 'variant', 'os.version', 'os.features', 'created', 'config', 'rootfs'];
/** RFC 3339, section 5.6: date-time. */
const rfc3339 = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,32})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
/**
 * Reads an image config whose digest has been verified.
 *
 * @throws ActionError `invalid-manifest`
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
 */
function parseConfig(bytes) {
    const document = asObject(parseStrictJson(bytes), 'The image config');
    refuseCaseVariants(document, configFields, 'the image config');
    return {
        platform: platformOf(document),
        created: createdOf(document['created']),
        labels: labelsOf(document['config']),
        diffIds: diffIdsOf(document['rootfs']),
    };
}
function platformOf(config) {
    const os = asOptionalText(config['os'], 'os');
    const architecture = asOptionalText(config['architecture'], 'architecture');
    if (os === '' && architecture === '')
        return undefined;
    return {
        os,
        architecture,
        variant: asOptionalText(config['variant'], 'variant'),
        osVersion: asOptionalText(config['os.version'], 'os.version'),
        osFeatures: asOptionalTexts(config['os.features'], 'os.features'),
    };
}
function createdOf(value) {
    if (typeof value !== 'string' || !rfc3339.test(value))
        return '';
    const [year = 0, month = 0, day = 0] = value.slice(0, 10).split('-').map(Number);
    return day <= new Date(Date.UTC(year, month, 0)).getUTCDate() ? value : '';
}
function labelsOf(value) {
    if (value === undefined || value === null)
        return asTextMap(undefined, 'config.Labels');
    const container = asObject(value, 'config');
    refuseCaseVariants(container, ['Labels'], 'config');
    return asTextMap(container['Labels'], 'config.Labels');
}
function diffIdsOf(value) {
    if (value === undefined || value === null)
        return [];
    const rootfs = asObject(value, 'rootfs');
    refuseCaseVariants(rootfs, ['type', 'diff_ids'], 'rootfs');
    const ids = rootfs['diff_ids'];
    if (ids === undefined || ids === null)
        return [];
    return asArray(ids, 'rootfs.diff_ids').map((id, at) => asDigest(id, `rootfs.diff_ids[${at}]`));
}

;// CONCATENATED MODULE: ./lib/src/resolve.js






/** What a platform may be written with: nothing that a shell would act on, and in parentheses, where PowerShell would, a version. */
const inertPlatform = /^[A-Za-z0-9_.+,:/-]*(?:\([0-9.]*\))?[A-Za-z0-9_.+,:/-]*$/;
/** A resolver for `image`. Nothing is fetched before it is needed, and nothing twice. */
function resolverFor(image, client, look) {
    const { reference, entries } = image;
    let silent;
    const written = (entries ?? [])
        .filter(({ platform }) => platform !== undefined)
        .map(asCandidate);
    let known = written;
    // By manifest, as another may say something else of the same config.
    const configs = new Map();
    const readConfig = ({ manifest, manifestDigest }) => {
        const read = async () => {
            const bytes = await client.blob(reference, manifest.config, look);
            return { bytes, content: isImage(manifest) ? parseConfig(bytes) : undefined };
        };
        const reading = configs.get(manifestDigest) ?? read();
        configs.set(manifestDigest, reading);
        return reading;
    };
    /** Candidates whose platform only their config tells: entries that say nothing, or the single manifest. */
    const readSilent = async () => {
        const read = async (entry) => {
            const found = await manifestOf(entry);
            const config = isImage(found.manifest) ? await readConfig(found) : undefined;
            return { platform: config?.content?.platform, entry };
        };
        const unsaid = entries === undefined ? [undefined] : entries.filter(({ platform }) => platform === undefined);
        const candidates = await Promise.all(unsaid.map(read));
        return candidates.filter(({ platform }) => platform === undefined || !(0,oci_platform/* isUnknownPlatform */._H)(platform));
    };
    const loadSilent = async () => {
        silent ??= readSilent();
        const found = await silent;
        known = inOrder([...written, ...found], entries);
        return found;
    };
    const manifestOf = async (entry) => {
        if (entry === undefined && image.manifest !== undefined) {
            return { manifest: image.manifest, manifestDigest: image.digest, manifestBytes: image.bytes };
        }
        const { digest, bytes, document } = await client.child(reference, entry, look);
        if (document.kind === 'manifest')
            return { manifest: document, manifestDigest: digest, manifestBytes: bytes };
        throw new action_error/* ActionError */.lZ('invalid-manifest', `${digest} is an index where a manifest was announced.`);
    };
    const complete = async ({ platform, entry }, inspect) => {
        const manifest = await manifestOf(entry);
        const platformText = platform === undefined ? '' : writtenPlatform(platform);
        return { platform, platformText, ...manifest, config: inspect ? await readConfig(manifest) : undefined };
    };
    const choose = async (asked) => {
        const platformOf = ({ platform }) => platform;
        const plain = (0,oci_platform/* choosePlatform */.xV)(written, asked, platformOf);
        if (plain !== undefined)
            return plain;
        const found = await loadSilent();
        const chosen = (0,oci_platform/* choosePlatform */.xV)(found, asked, platformOf);
        if (chosen !== undefined)
            return chosen;
        const [only] = found;
        if (entries === undefined && only !== undefined && only.platform === undefined)
            return only;
        throw platformNotFound(image, asked, writtenPlatforms(known));
    };
    return {
        digest: image.digest,
        async resolve(asked, inspect) {
            return resolve_inert(await complete(await choose(asked), inspect));
        },
        async resolveAll(inspect) {
            await loadSilent();
            const all = entries === undefined ? known : distinct(known);
            if (all.length === 0)
                throw platformNotFound(image, undefined, []);
            return Promise.all(all.map((candidate) => complete(candidate, inspect)));
        },
        locate: async (asked) => (await choose(asked)).entry?.digest ?? image.digest,
        platforms: () => writtenPlatforms(known),
        async offers(asked) {
            const isOffered = (candidates) => candidates.some(({ platform }) => platform !== undefined && (0,oci_platform/* isSamePlatform */.SW)(platform, asked));
            return isOffered(written) || isOffered(await loadSilent());
        },
    };
}
/** Whether a manifest is that of an image, and not of some other artifact. */
function isImage({ config, mediaType }) {
    return isImageConfigType(config.mediaType, mediaType);
}
/** The platform of the one resolution becomes an output that is no JSON. */
function resolve_inert(resolution) {
    if (inertPlatform.test(resolution.platformText))
        return resolution;
    throw new action_error/* ActionError */.lZ('invalid-manifest', `"${resolution.platformText}" is written as a platform, and is none.`);
}
function asCandidate(entry) {
    return { platform: entry.platform, entry };
}
function inOrder(candidates, entries) {
    if (entries === undefined)
        return candidates;
    return entries.flatMap((entry) => candidates.find((candidate) => candidate.entry === entry) ?? []);
}
function writtenPlatforms(candidates) {
    return [...new Set(candidates.flatMap(({ platform }) => (platform ? [writtenPlatform(platform)] : [])))];
}
/** One candidate for each platform, the first in index order. */
function distinct(candidates) {
    const byPlatform = new Map();
    for (const candidate of candidates) {
        if (candidate.platform === undefined)
            continue;
        const key = (0,oci_platform/* formatPlatform */.Bq)((0,oci_platform/* normalise */.j7)(candidate.platform));
        if (!byPlatform.has(key))
            byPlatform.set(key, candidate);
    }
    return [...byPlatform.values()];
}
function platformNotFound(image, asked, offered) {
    const wanted = asked === undefined ? 'any platform' : (0,oci_platform/* formatPlatform */.Bq)(asked).replace(/^\/$/, 'anything without a platform');
    const has = offered.length === 0 ? 'It has none.' : `It has ${offered.slice(0, 50).join(', ')}.`;
    return new action_error/* ActionError */.lZ('platform-not-found', `${(0,oci_reference/* formatReference */.FH)(image.reference)} does not have ${wanted}. ${has}`, {
        advice: 'Ask for one of its platforms by the input platform, or build the image for this one.',
    });
}

;// CONCATENATED MODULE: ./lib/src/compare.js








/** Others by `client`. */
function othersBy(client) {
    const heads = new Map();
    const images = new Map();
    return {
        head: (reference, look) => shared(heads, (0,oci_reference/* formatReference */.FH)(reference), look.signal, () => client.head(reference, look)),
        async load(reference, look) {
            const load = () => loadImage(reference, client, look);
            return resolverFor(await shared(images, (0,oci_reference/* formatReference */.FH)(reference), look.signal, load), client, look);
        },
    };
}
/**
 * Whether the manifests of `subjects` differ from those of `other`, one answer each. When HEAD shows that both
 * references point to the same, nothing is fetched. An absent image or platform is a difference; any error is an error.
 */
async function haveChanged(image, subjects, other, others, look) {
    const head = await others.head(other, look);
    if (!head.exists)
        return subjects.map(() => true);
    if (head.digest !== undefined && digestOf(image.bytes, (0,oci_digest/* algorithmOf */.Hy)(head.digest)) === head.digest) {
        return subjects.map(() => false);
    }
    const resolver = await others.load(other, look).catch((error) => absent(error, 'not-found'));
    const isChanged = async ({ asked, resolution }) => {
        const theirs = await resolver?.locate(asked).catch((error) => absent(error, 'platform-not-found'));
        return theirs === undefined || digestOf(resolution.manifestBytes, (0,oci_digest/* algorithmOf */.Hy)(theirs)) !== theirs;
    };
    return Promise.all(subjects.map(isChanged));
}
/**
 * Whether the layers of `subjects` do not begin with all layers of `base`, one answer each.
 *
 * @throws ActionError `not-found` or `platform-not-found` for a base that is missing
 */
async function needUpdating(subjects, base, others, look) {
    const resolver = await others.load(base, look);
    const isOutdated = async ({ asked, resolution }) => {
        const { manifest, manifestDigest } = await resolver.resolve(asked, false);
        const mine = resolution.manifest.layers.map(({ digest }) => digest);
        const theirs = manifest.layers.map(({ digest }) => digest);
        const differs = theirs.findIndex((digest, at) => digest !== mine[at]);
        const shared = differs === -1 ? theirs.length : differs;
        look.note('manifest', `${(0,oci_platform/* formatPlatform */.Bq)(asked)}: ${shared} of the ${theirs.length} layers of ${(0,oci_reference/* formatReference */.FH)(base)} are shared; its current digest is ${(0,oci_reference/* nameOf */.Vb)(base)}@${resolver.digest} (manifest ${manifestDigest})`);
        return differs !== -1;
    };
    return Promise.all(subjects.map(isOutdated));
}
function absent(error, code) {
    if (error instanceof action_error/* ActionError */.lZ && error.code === code)
        return undefined;
    throw error;
}

;// CONCATENATED MODULE: ./lib/src/oci/manifest.js




const documentFields = [
    'schemaVersion',
    'mediaType',
    'artifactType',
    'config',
    'layers',
    'manifests',
    'subject',
    'annotations',
    'fsLayers',
];
const descriptorFields = ['mediaType', 'digest', 'size', 'urls', 'data', 'annotations', 'artifactType', 'platform'];
const platformFields = ['os', 'architecture', 'variant', 'os.version', 'os.features', 'features'];
/** Characters; platforms are printed in many places. */
const longestPlatformPart = 255;
const schema1 = 'It is a schema 1 manifest, whose digests cannot be computed from its bytes.';
const pushAgain = 'Push the image again with a client of this decade.';
/**
 * Reads an index or a manifest whose digest has been verified.
 *
 * @param contentType the `Content-Type` it came with
 * @throws ActionError `invalid-manifest` when it is not strict JSON, ambiguous or of the wrong shape,
 *   `unsupported` for schema 1 and unknown media types
 */
function parseManifest(bytes, contentType) {
    const type = essence(contentType);
    refuseUnsupportedType(type);
    const document = asObject(parseStrictJson(bytes), 'The document');
    refuseCaseVariants(document, documentFields, 'the document');
    if (document['schemaVersion'] === 1)
        throw new action_error/* ActionError */.lZ('unsupported', schema1, { advice: pushAgain });
    if (document['schemaVersion'] !== 2)
        throw invalid('schemaVersion is not 2.');
    asOptionalText(document['artifactType'], 'artifactType');
    if (document['subject'] !== undefined && document['subject'] !== null)
        readDescriptor(document['subject'], 'subject');
    const mediaType = mediaTypeOf(type, document);
    return kindOf(mediaType) === 'index' ? readIndex(document, mediaType) : readManifest(document, mediaType);
}
/**
 * Refuses what is neither an index nor a manifest by its media type, schema 1 by name.
 *
 * @throws ActionError `unsupported`
 */
function refuseUnsupportedType(type) {
    if (isSchema1Type(type))
        throw new action_error/* ActionError */.lZ('unsupported', schema1, { advice: pushAgain });
    if (isManifestType(type) || isGenericType(type))
        return;
    throw new action_error/* ActionError */.lZ('unsupported', `The media type "${type}" is neither that of an index nor of a manifest.`, {
        advice: 'Look whether the reference names an image, and whether a proxy or a login page answers in place of the registry.',
    });
}
/** The media type by header, field and shape, which must all agree where they say anything. */
function mediaTypeOf(contentType, document) {
    const shape = shapeOf(document);
    const field = document['mediaType'];
    const said = field === undefined ? '' : asText(field, 'mediaType');
    if (isManifestType(contentType) && said !== '' && said !== contentType) {
        throw invalid(`The Content-Type is ${contentType}, but mediaType is "${said}".`);
    }
    if (said !== '')
        refuseUnsupportedType(said);
    const type = [contentType, said].find(isManifestType) ?? `application/vnd.oci.image.${shape}.v1+json`;
    if (kindOf(type) !== shape)
        throw invalid(`It is announced as ${type}, but it has the fields of the other kind.`);
    return type;
}
function shapeOf(document) {
    const isIndex = 'manifests' in document;
    const isManifest = 'config' in document && 'layers' in document;
    if (isIndex && ('config' in document || 'layers' in document)) {
        throw invalid('It has manifests together with config or layers: it is ambiguous (CVE-2021-41190).');
    }
    if ('fsLayers' in document)
        throw invalid('It has fsLayers, a field of schema 1: it is ambiguous.');
    if (isIndex)
        return 'index';
    if (isManifest)
        return 'manifest';
    throw invalid('It has neither manifests nor config and layers.');
}
function readIndex(document, mediaType) {
    const manifests = asArray(document['manifests'], 'manifests').map((entry, at) => readEntry(entry, `manifests[${at}]`));
    asTextMap(document['annotations'], 'annotations');
    return { kind: 'index', mediaType, manifests };
}
function readManifest(document, mediaType) {
    const config = readDescriptor(document['config'], 'config');
    const layers = asArray(document['layers'], 'layers').map((layer, at) => readDescriptor(layer, `layers[${at}]`));
    return {
        kind: 'manifest',
        mediaType,
        config,
        layers,
        size: sizeOf([config, ...layers]),
        annotations: asTextMap(document['annotations'], 'annotations'),
    };
}
function sizeOf(blobs) {
    const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
    if (Number.isSafeInteger(size))
        return size;
    throw invalid('The sizes of config and layers add up to more than 2^53 bytes.');
}
function readDescriptor(value, what) {
    const descriptor = asObject(value, what);
    refuseCaseVariants(descriptor, descriptorFields, what);
    asTextMap(descriptor['annotations'], `${what}.annotations`);
    asOptionalText(descriptor['artifactType'], `${what}.artifactType`);
    asOptionalTexts(descriptor['urls'], `${what}.urls`);
    asOptionalText(descriptor['data'], `${what}.data`);
    return {
        mediaType: asText(descriptor['mediaType'], `${what}.mediaType`),
        digest: asDigest(descriptor['digest'], `${what}.digest`),
        size: asSize(descriptor['size'], `${what}.size`),
    };
}
function readEntry(value, what) {
    const entry = asObject(value, what);
    return {
        ...readDescriptor(entry, what),
        platform: readPlatform(entry['platform'], `${what}.platform`),
        isAttestation: 'vnd.docker.reference.type' in asTextMap(entry['annotations'], `${what}.annotations`),
    };
}
function readPlatform(value, what) {
    if (value === undefined || value === null)
        return undefined;
    const platform = asObject(value, what);
    refuseCaseVariants(platform, platformFields, what);
    const os = asOptionalText(platform['os'], `${what}.os`);
    const architecture = asOptionalText(platform['architecture'], `${what}.architecture`);
    const variant = asOptionalText(platform['variant'], `${what}.variant`);
    const osVersion = asOptionalText(platform['os.version'], `${what}["os.version"]`);
    if (os === '' && architecture === '')
        return undefined;
    if ([os, architecture, variant, osVersion].some((part) => part.length > longestPlatformPart)) {
        throw invalid(`${what} is longer than any platform.`);
    }
    return {
        os,
        architecture,
        variant,
        osVersion,
        osFeatures: asOptionalTexts(platform['os.features'], `${what}["os.features"]`),
    };
}
function invalid(why) {
    return new action_error/* ActionError */.lZ('invalid-manifest', why);
}

;// CONCATENATED MODULE: ./lib/src/registry/json-record.js
/** Reads a JSON object of any content, by JSON's own rules; undefined when it is none. */
function parseRecord(text) {
    try {
        return asRecord(JSON.parse(text));
    }
    catch {
        return undefined;
    }
}
/** `value` as an object of any content; undefined when it is none. */
function asRecord(value) {
    return typeof value === 'object' && value !== null ? value : undefined;
}

// EXTERNAL MODULE: ./lib/src/registry/transport.js
var transport = __nccwpck_require__(825);
;// CONCATENATED MODULE: ./lib/src/registry/error.js



/** Headers in which registries tell what is left of a quota. */
const quotaHeaders = [
    'ratelimit-limit',
    'ratelimit-remaining',
    'ratelimit-reset',
    'x-ratelimit-limit',
    'x-ratelimit-remaining',
    'x-ratelimit-reset',
    'retry-after',
];
/** The text of a body, whatever bytes it is made of. */
function bodyOf(body) {
    return new TextDecoder().decode(body);
}
/**
 * What an error answer says, in the registry's own words: `CODE: message` of the distribution specification, an OAuth
 * error, or the beginning of whatever else it is.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
function wordsOf(response) {
    const text = bodyOf(response.body);
    return errorWords(parseRecord(text)) ?? (text.trim() === '' ? undefined : text);
}
/**
 * The error for an answer that is not what was asked for: `rate-limited` for 429, `denied` for 403, `unauthorized` for
 * 401, else `registry-error`. A 404 is told apart by those who know what it means.
 *
 * @param what the beginning of the message, without its status
 */
function statusError(response, what) {
    const said = wordsOf(response);
    const quota = response.status === 429 ? quotaOf(response) : '';
    return new action_error/* ActionError */.lZ(codeOf(response.status), `${what}: ${response.url.host} answered ${response.status}${quota}.`, {
        said,
        advice: adviceFor(response.status),
    });
}
function codeOf(status) {
    if (status === 401)
        return 'unauthorized';
    if (status === 403)
        return 'denied';
    return status === 429 ? 'rate-limited' : 'registry-error';
}
function adviceFor(status) {
    if (status === 429)
        return 'Log in, as limits are higher for users who are known, or run the job later.';
    return status >= 500 ? 'The registry has a fault of its own: look at its status page, then run again.' : undefined;
}
function quotaOf(response) {
    const quota = quotaHeaders.flatMap((name) => {
        const value = (0,transport/* header */.wx)(response, name);
        return value === undefined ? [] : [`${name}: ${value}`];
    });
    return quota.length === 0 ? '' : ` (${quota.join(', ')})`;
}
/** The words of an error in a JSON document; undefined when it holds none. */
function errorWords(document) {
    const errors = Array.isArray(document?.['errors']) ? document['errors'] : [document];
    const lines = errors.flatMap((error) => {
        const { code, message, error: name, error_description: description, details } = asRecord(error) ?? {};
        const words = [code ?? name, message ?? description ?? details].filter((word) => typeof word === 'string');
        return words.length === 0 ? [] : [words.join(': ')];
    });
    return lines.length === 0 ? undefined : lines.join('; ');
}

;// CONCATENATED MODULE: ./lib/src/registry/verify.js








/** Bytes that a manifest, an index or an image config may have, as in the reference implementations. */
const documentLimit = 4 * 1024 * 1024;
/**
 * Verifies and reads an index or a manifest.
 *
 * @param asked the digest that was asked for; undefined for a tag
 * @param describedAs the media type by its descriptor, which counts where the answer's says nothing
 * @throws ActionError `digest-mismatch`, `invalid-manifest` or `unsupported`
 */
function verifyDocument(response, asked, describedAs) {
    const announced = (0,transport/* header */.wx)(response, 'content-type');
    // First of all, as the digest of a schema 1 manifest is not that of its bytes.
    refuseUnsupportedType(essence(announced));
    const digest = verifyDigest(response, asked);
    const type = isGenericType(essence(announced)) ? (describedAs ?? announced) : announced;
    return { digest, bytes: response.body, document: readDocument(response, type) };
}
/** Some registries answer 200 with an error in the body, and proxies with a page: it is worth quoting. */
function readDocument(response, type) {
    try {
        return parseManifest(response.body, type);
    }
    catch (error) {
        if (!(error instanceof action_error/* ActionError */.lZ))
            throw error;
        const text = bodyOf(response.body).trim();
        throw error.with({ said: errorWords(parseRecord(text)) ?? (/^[[{]|^$/.test(text) ? undefined : text) });
    }
}
/** Verifies that a document is what its descriptor says. Throws `size-mismatch` or `invalid-manifest` besides. */
function verifyChild(response, descriptor) {
    const fetched = verifyDocument(response, descriptor.digest, descriptor.mediaType);
    verifySize(fetched.bytes, descriptor);
    if (fetched.document.mediaType === descriptor.mediaType)
        return fetched;
    throw new action_error/* ActionError */.lZ('invalid-manifest', `${descriptor.digest} is ${fetched.document.mediaType}; its descriptor says "${descriptor.mediaType}".`);
}
/** Verifies that a blob is what its descriptor says. Throws `digest-mismatch` or `size-mismatch`. */
function verifyBlob(response, descriptor) {
    verifyDigest(response, descriptor.digest);
    verifySize(response.body, descriptor);
    return response.body;
}
/** Refuses what is too large by its descriptor, before it is asked for. Throws `too-large`. */
function refuseLarge({ digest, size }) {
    if (size <= documentLimit)
        return;
    throw new action_error/* ActionError */.lZ('too-large', `${digest} has ${size} bytes by its descriptor; at most ${documentLimit} are read.`);
}
/** The digests that a registry announces, as far as they are well-formed. */
function announcedDigests(response) {
    return (response.headers['docker-content-digest'] ?? []).flatMap((value) => value.split(/[\s,]+/)).filter(oci_digest/* isDigest */.Bc);
}
/**
 * Computes the digest of a body. It must be the one that was asked for (GHSA-qv35-3gw6-8q4j) and the one that the
 * registry announces.
 */
function verifyDigest(response, asked) {
    for (const expected of [asked, ...announcedDigests(response)]) {
        if (expected === undefined)
            continue;
        const actual = digestOf(response.body, (0,oci_digest/* algorithmOf */.Hy)(expected));
        if (actual === expected)
            continue;
        const origin = expected === asked ? 'asked for' : 'announced by Docker-Content-Digest';
        throw new action_error/* ActionError */.lZ('digest-mismatch', `${response.url.href}: the bytes have ${actual}; ${origin} was ${expected}.`, {
            advice: 'The registry, or something between it and the runner, serves wrong bytes. Do not use this image from there.',
        });
    }
    return asked ?? digestOf(response.body);
}
function verifySize(bytes, { digest, size }) {
    if (bytes.byteLength === size)
        return;
    throw new action_error/* ActionError */.lZ('size-mismatch', `${digest} has ${bytes.byteLength} bytes; its descriptor says ${size}.`, {
        advice: 'The image is malformed. Push it again.',
    });
}

;// CONCATENATED MODULE: ./lib/src/registry/client.js








/** Bytes that all documents of a run may have together: many hundred images, and less than the memory of a runner. */
const runLimit = 20 * 1024 * 1024;
/** The reason of the error for a blob that is named and not there, or not as it is described: it may still be pushed. */
const badBlob = 'bad-blob';
/**
 * Makes a client for all the registries of a run.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull
 */
function registryClient(reach) {
    const documents = new Map();
    const blobs = new Map();
    let room = runLimit;
    const refuseOverflow = () => {
        if (room < 0)
            throw new action_error/* ActionError */.lZ('too-large', `The documents of this step have more than ${runLimit} bytes.`);
    };
    /** Counts a body before anything is made of it. */
    const account = (response) => {
        room -= response.body.byteLength;
        refuseOverflow();
        return response;
    };
    const getDocument = async (repository, target, phase, look) => {
        refuseOverflow();
        const headers = { accept: manifestTypes.join(', ') };
        return reach(repository, { method: 'GET', path: `manifests/${target}`, headers, phase, limit: documentLimit }, look);
    };
    const noted = (fetched, phase, look) => {
        look.note(phase, `${fetched.document.mediaType}, ${fetched.bytes.byteLength} bytes: ${fetched.digest}, verified`);
        return fetched;
    };
    return {
        manifest(reference, look) {
            const fetch = async () => {
                const response = await getDocument(reference, targetOf(reference), 'index', look);
                if (isMissing(response, reference))
                    throw notFound(response, reference);
                if (response.status !== 200)
                    throw statusError(response, `GET ${response.url.href}`);
                return noted(verifyDocument(account(response), reference.digest), 'index', look);
            };
            if (reference.digest === undefined)
                return fetch();
            return shared(documents, `${(0,oci_reference/* nameOf */.Vb)(reference)}@${reference.digest}`, look.signal, fetch);
        },
        child(repository, descriptor, look) {
            const { mediaType, digest, size } = descriptor;
            const phase = isManifestType(mediaType) && kindOf(mediaType) === 'index' ? 'index' : 'manifest';
            return shared(documents, `${(0,oci_reference/* nameOf */.Vb)(repository)}@${digest} ${mediaType} ${size}`, look.signal, async () => {
                refuseUnsupportedType(essence(mediaType));
                refuseLarge(descriptor);
                const response = await getDocument(repository, digest, phase, look);
                if (response.status !== 200)
                    throw childError(response, repository, descriptor);
                return noted(verifyChild(account(response), descriptor), phase, look);
            });
        },
        blob(repository, descriptor, look) {
            const { digest, size } = descriptor;
            return shared(blobs, `${(0,oci_reference/* nameOf */.Vb)(repository)}@${digest} ${size}`, look.signal, async () => {
                refuseLarge(descriptor);
                refuseOverflow();
                const request = { method: 'GET', path: `blobs/${digest}`, phase: 'manifest', limit: documentLimit };
                const response = await reach(repository, request, look);
                if (response.status !== 200)
                    throw blobError(response, repository, descriptor);
                const bytes = verifyBlob(account(response), descriptor);
                look.note('manifest', `config ${digest}: ${bytes.byteLength} bytes, verified`);
                return bytes;
            });
        },
        async head(reference, look) {
            const path = `manifests/${targetOf(reference)}`;
            const headers = { accept: manifestTypes.join(', ') };
            const response = await reach(reference, { method: 'HEAD', path, headers, phase: 'index', limit: 0 }, look);
            if (isMissing(response, reference))
                return { exists: false };
            const isUnsupported = response.status === 405 || response.status === 501;
            if (response.status !== 200 && !isUnsupported)
                throw statusError(response, `HEAD ${response.url.href}`);
            return { exists: true, digest: isUnsupported ? undefined : singleDigest(announcedDigests(response)) };
        },
        async blobSize(repository, descriptor, look) {
            const path = `blobs/${descriptor.digest}`;
            const response = await reach(repository, { method: 'HEAD', path, phase: 'manifest', limit: 0 }, look);
            if (response.status === 404)
                return undefined;
            if (response.status !== 200)
                throw statusError(response, `HEAD ${response.url.href}`);
            const length = (0,transport/* header */.wx)(response, 'content-length') ?? '';
            return /^[0-9]+$/.test(length) ? Number(length) : Number.NaN;
        },
    };
}
/** The tag or digest by which a reference is fetched: the digest where it has both. */
function targetOf(reference) {
    return reference.digest ?? reference.tag;
}
/** What several headers agree on. */
function singleDigest(digests) {
    return new Set(digests).size === 1 ? digests[0] : undefined;
}
/**
 * A 404 means missing when it is the answer of a manifest endpoint, be it that of another registry that was redirected
 * to. Of a storage host it means that something named is not there.
 */
function isMissing({ status, url }, reference) {
    const asked = /^\/v2\/.+\/manifests\/([^/]+)$/.exec(url.pathname)?.[1];
    return status === 404 && asked === targetOf(reference);
}
function notFound(response, reference) {
    return statusError(response, `${(0,oci_reference/* formatReference */.FH)(reference)} does not exist`).with({
        code: 'not-found',
        advice: 'Check the spelling of repository and tag, and whether its push has finished. To wait for it set wait-timeout; to go on without it set fail-on-missing: false.',
    });
}
function blobError(response, repository, descriptor) {
    const error = childError(response, repository, descriptor);
    return response.status === 404 ? error.with({ reason: badBlob }) : error;
}
/** A child or blob is named by a document that the registry serves: that it is not there is the registry's fault. */
function childError(response, repository, { digest }) {
    if (response.status !== 404)
        return statusError(response, `GET ${response.url.href}`);
    return statusError(response, `${(0,oci_reference/* nameOf */.Vb)(repository)} names ${digest}, but the registry does not have it`);
}

;// CONCATENATED MODULE: ./lib/src/registry/turns.js
/** Lets at most `most` tasks run at a time; the others wait their turn, in order. */
function turns(most) {
    const waiting = [];
    let running = 0;
    return async (task, signal) => {
        if (running >= most)
            await turn(waiting, signal);
        else
            running += 1;
        try {
            return await task();
        }
        finally {
            const next = waiting.shift();
            if (next)
                next();
            else
                running -= 1;
        }
    };
}
/** Waits until a task that has ended passes its place on. */
function turn(waiting, signal) {
    return new Promise((resolve, reject) => {
        if (signal?.aborted)
            return reject(signal.reason);
        const start = () => {
            signal?.removeEventListener('abort', leave);
            resolve();
        };
        const leave = () => {
            waiting.splice(waiting.indexOf(start), 1);
            reject(signal?.reason);
        };
        waiting.push(start);
        signal?.addEventListener('abort', leave, { once: true });
    });
}

;// CONCATENATED MODULE: ./lib/src/gates.js






/** Characters that are shown of a label, which another chose. */
const longestLabel = 200;
/** Digests that are shown of those that are expected. */
const mostListed = 5;
/** Blobs that are asked for at once. */
const blobsAtOnce = 8;
/** Whether there is any gate, so that a missing image cannot pass. */
function hasGates(gates) {
    return (gates.expectedDigests.length > 0 ||
        gates.expectedLabels.length > 0 ||
        gates.requiredPlatforms.length > 0 ||
        gates.verifyBlobs);
}
/**
 * Checks every gate for an image and what was chosen of it.
 *
 * @throws ActionError `gate-failed` saying what was expected and what is; any other error when a gate cannot be judged
 */
async function checkGates(gates, image, resolver, resolutions, client, look) {
    await checkPlatforms(gates, resolver);
    for (const resolution of resolutions) {
        checkDigest(gates, image, resolution);
        checkLabels(gates, resolution);
    }
    if (!gates.verifyBlobs)
        return;
    const blobs = resolutions.flatMap(({ manifest }) => [manifest.config, ...manifest.layers]);
    await verifyBlobs(image, blobs, client, look);
}
async function checkPlatforms({ requiredPlatforms }, resolver) {
    const missing = [];
    for (const required of requiredPlatforms) {
        if (!(await resolver.offers(required)))
            missing.push((0,oci_platform/* formatPlatform */.Bq)(required));
    }
    if (missing.length === 0)
        return;
    const has = resolver.platforms().join(', ') || 'none';
    throw failed(`require-platforms does not hold: ${missing.join(', ')} missing; the image has ${has}.`);
}
function checkDigest({ expectedDigests }, image, resolution) {
    if (expectedDigests.length === 0)
        return;
    const isIt = (expected) => [image.bytes, resolution.manifestBytes].some((bytes) => digestOf(bytes, (0,oci_digest/* algorithmOf */.Hy)(expected)) === expected);
    if (expectedDigests.some(isIt))
        return;
    const platform = resolution.platform === undefined ? '' : ` of ${(0,oci_platform/* formatPlatform */.Bq)(resolution.platform)}`;
    const actual = image.entries === undefined
        ? `digest, a manifest${platform}, is ${image.digest}`
        : `digest, an index, is ${image.digest}, and manifest-digest${platform} is ${resolution.manifestDigest}`;
    throw failed(`expected-digest does not hold: expected ${listed(expectedDigests)}, but ${actual}.`, levelHint(expectedDigests, image, resolution));
}
/** The first few, as there must be room for what is. */
function listed(digests) {
    const left = digests.length - mostListed;
    return digests.slice(0, mostListed).join(' or ') + (left > 0 ? ` or ${left} others` : '');
}
/** People take one level for another more often than they get a wrong image. */
function levelHint(expected, { entries = [] }, { manifest }) {
    const other = entries.find(({ digest }) => expected.includes(digest));
    if (other !== undefined) {
        const platform = other.platform === undefined ? 'another entry' : (0,oci_platform/* formatPlatform */.Bq)(other.platform);
        return `The expected digest is the manifest-digest of ${platform} in the same index. Ask for that platform, or expect this one's.`;
    }
    if (expected.includes(manifest.config.digest)) {
        return 'The expected digest is the config-digest (the image ID). Expect digest or manifest-digest instead.';
    }
    if (manifest.layers.some(({ digest }) => expected.includes(digest))) {
        return 'The expected digest is that of a layer. Expect digest or manifest-digest instead.';
    }
    return 'Do not deploy it: the reference points to another image than the one that is expected. If that is right, expect the new digest.';
}
function checkLabels({ expectedLabels }, { config, platform }) {
    const labels = config?.content?.labels ?? {};
    const wrong = expectedLabels.flatMap(([key, expected]) => {
        const actual = Object.hasOwn(labels, key) ? labels[key] : undefined;
        if (actual === expected)
            return [];
        return [
            `${key} is ${actual === undefined ? 'not set' : `"${actual.slice(0, longestLabel)}"`}, expected "${expected}"`,
        ];
    });
    if (wrong.length === 0)
        return;
    const where = platform === undefined ? '' : ` for ${(0,oci_platform/* formatPlatform */.Bq)(platform)}`;
    throw failed(`expected-labels does not hold${where}: ${wrong.join('; ')}.`);
}
async function verifyBlobs(image, blobs, client, look) {
    const distinct = [...new Map(blobs.map((blob) => [`${blob.digest} ${blob.size}`, blob])).values()];
    const inTurn = turns(blobsAtOnce);
    const check = async (blob) => faultsOf(blob, await client.blobSize(image.reference, blob, look));
    const faults = (await Promise.all(distinct.map((blob) => inTurn(() => check(blob))))).flat();
    if (faults.length > 0) {
        const error = failed(`verify-blobs does not hold: ${faults.slice(0, 10).join('; ')}.`, 'Push the image again, whole.');
        throw error.with({ reason: badBlob });
    }
    look.note('manifest', `${distinct.length} blobs are there, with the sizes that the manifest states`);
}
/** What is wrong with a blob of which the registry states this size. */
function faultsOf({ digest, size }, stated) {
    if (stated === undefined)
        return [`${digest} is missing`];
    if (Number.isNaN(stated))
        return [`${digest} has no stated size`];
    return stated === size ? [] : [`${digest} has ${stated} bytes, ${size} are described`];
}
function failed(message, advice) {
    return new action_error/* ActionError */.lZ('gate-failed', message, { advice });
}

;// CONCATENATED MODULE: ./lib/src/look.js






/** By what an image without a platform is compared: it matches only another without. */
const noPlatform = { os: '', architecture: '', variant: '', osVersion: '', osFeatures: [] };
/**
 * A look at one image, to be taken again and again. While HEAD shows that nothing has changed, a later look repeats
 * what the first one found, at the cost of no pull.
 */
function lookFor(asked, inputs, client) {
    let seen;
    return async (look) => {
        const known = seen && (await repeated(seen, asked, client, look));
        let image;
        try {
            image = known ?? (await loadImage(asked.reference, client, look));
            return await examine(image, inputs, client, look);
        }
        catch (error) {
            const judged = inputs.gates.verifyBlobs ? asGate(error) : error;
            seen = { image, error: judged };
            throw judged;
        }
    };
}
/**
 * What is known of an image that HEAD shows to be the same as before. Throws what was wrong with it before, unless that
 * can change without a change of the image: blobs may come later.
 */
async function repeated(seen, { reference }, client, look) {
    const head = await client.head(reference, look);
    if (!head.exists) {
        if (seen.image === undefined)
            throw seen.error;
        return undefined;
    }
    if (head.digest === undefined || head.digest !== seen.image?.digest)
        return undefined;
    const mayMend = seen.error instanceof action_error/* ActionError */.lZ && seen.error.reason === badBlob;
    if (!mayMend)
        throw seen.error;
    return seen.image;
}
/** A config that the registry lacks is a blob that verify-blobs asks for, although it was missed before that. */
function asGate(error) {
    if (!(error instanceof action_error/* ActionError */.lZ) || error.reason !== badBlob)
        return error;
    return error.with({ code: 'gate-failed', message: `verify-blobs does not hold: ${error.message}` });
}
async function examine(image, inputs, client, look) {
    const resolver = resolverFor(image, client, look);
    const subjects = await resolveAsked(inputs, resolver);
    const resolutions = subjects.map(({ resolution }) => resolution);
    await checkGates(inputs.gates, image, resolver, resolutions, client, look);
    return { image, platforms: resolver.platforms(), subjects };
}
/** What to look for in another image in the place of a platform of this one: only of Windows there are several versions. */
function counterpart(platform) {
    const asked = (0,oci_platform/* normalise */.j7)(platform);
    return { ...asked, osFeatures: [], osVersion: asked.os === 'windows' ? asked.osVersion : '' };
}
async function resolveAsked({ platforms, inspect }, resolver) {
    if (platforms !== 'all') {
        return Promise.all(platforms.map(async (asked) => ({ asked, resolution: await resolver.resolve(asked, inspect) })));
    }
    const all = await resolver.resolveAll(inspect);
    return all.map((resolution) => ({
        asked: resolution.platform === undefined ? noPlatform : counterpart(resolution.platform),
        resolution,
    }));
}

;// CONCATENATED MODULE: ./lib/src/report.js

const titles = {
    token: 'Token',
    index: 'What the reference points to',
    manifest: "The platform's manifest",
};
/** A progress that prints urgent lines at once, and collects the others. */
function progressOf(name, isOneOfMany, log) {
    const lines = { token: [], index: [], manifest: [] };
    return {
        note(phase, line, urgent) {
            if (urgent)
                log.line(isOneOfMany ? `${name}: ${line}` : line);
            else
                lines[phase].push(line);
        },
        print(headline, last) {
            if (isOneOfMany)
                return log.group(headline, [...Object.values(lines).flat(), ...last]);
            for (const [phase, noted] of Object.entries(lines)) {
                if (noted.length > 0)
                    log.group(titles[phase], noted);
            }
            log.line(headline);
        },
    };
}
/** Prints the digests of one image in plain view. */
function printResult(log, result) {
    if (!result.exists)
        return;
    const layers = result.layers ?? [];
    const rows = [
        ['platform', result.platform || '(none)'],
        ['digest', result.digest ?? ''],
        ['index-digest', result.indexDigest || '(none: the reference points to a manifest)'],
        ['manifest-digest', result.manifestDigest ?? ''],
        ['config-digest', result.configDigest ?? ''],
        ...layers.map(({ digest, size }, at) => [
            at === 0 ? 'layer-digests' : '',
            `${digest}  ${humanSize(size)}`,
        ]),
        ['size', humanSize(result.size ?? 0)],
        ...optionalRow('changed', result.changed),
        ...optionalRow('needs-updating', result.needsUpdating),
    ];
    for (const [name, value] of rows)
        log.line(`${name.padEnd(17)}${value}`);
}
/** What to say of an image that is done. */
function headlineOf({ asked, found }) {
    const name = (0,oci_reference/* formatReference */.FH)(asked.reference);
    return found === undefined ? `${name} does not exist` : `${name} is ${found.image.digest}`;
}
/** Bytes in units that a person reads: `12.3 MB`. */
function humanSize(bytes) {
    const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
    const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
    return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
function optionalRow(name, value) {
    return value === undefined ? [] : [[name, String(value)]];
}

;// CONCATENATED MODULE: ./lib/src/wait.js

/** What waiting can mend. */
const waitable = new Set(['not-found', 'platform-not-found', 'gate-failed']);
/** How much longer each pause is than the one before. */
const growth = 1.5;
/** Milliseconds; pauses grow up to this, unless the first was longer. */
const longestPause = 60_000;
/** Milliseconds; a registry is not asked more often. */
const shortestPause = 1000;
/** The reason of an error that was still being waited for when the wait became useless. */
const abandoned = 'abandoned';
/**
 * Looks until a look succeeds. With a time-out, `not-found`, `platform-not-found` and `gate-failed` are waited for;
 * anything else ends the wait at once. The last look is taken when the time is over.
 *
 * @param look takes one look; later ones may be cheaper, as it knows what it saw
 * @throws ActionError `wait-timeout`, caused by what still did not hold
 */
async function waitFor(look, options) {
    const { timeout, interval, clock, signal, canMend, onWait } = options;
    const begin = clock.now();
    for (let next = Math.max(interval, shortestPause);; next = Math.max(next, Math.min(next * growth, longestPause))) {
        try {
            return await look();
        }
        catch (error) {
            if (timeout === 0 || !isWaitable(error) || !canMend(error))
                throw error;
            const waited = clock.now() - begin;
            if (signal.aborted)
                throw error.with({ reason: abandoned });
            if (waited >= timeout)
                throw waitOver(error, waited);
            const pause = Math.min(next, timeout - waited);
            onWait(error, pause);
            await clock.sleep(pause, signal).catch(() => {
                throw error.with({ reason: abandoned });
            });
        }
    }
}
function isWaitable(error) {
    return error instanceof action_error/* ActionError */.lZ && waitable.has(error.code);
}
function waitOver(error, waited) {
    return error.with({
        code: 'wait-timeout',
        message: `Waited ${Math.round(waited / 1000)} s. ${error.message}`,
        advice: error.code === 'gate-failed' ? error.advice : undefined,
        cause: error,
    });
}

;// CONCATENATED MODULE: ./lib/src/each-image.js












/** Looks that are under way together: enough to fill the connections to a host, few enough to bound the memory. */
const looksAtOnce = 16;
/** Milliseconds that the looks of a run may take after all waiting: those at images, and those that compare them. */
function longestLooks({ images, timeout }) {
    return 2 * Math.ceil(images.length / looksAtOnce) * timeout;
}
/**
 * Tries every image, whatever happens to the others.
 * Both lists are in the order asked,
 * but for failures that waiting might have mended, which come last.
 */
async function resolveImages(inputs, client, log) {
    const { images } = inputs;
    const others = othersBy(client);
    const hopeless = new AbortController();
    const inTurn = turns(looksAtOnce);
    let done = 0;
    const settled = await Promise.all(images.map(async (asked) => {
        const progress = progressOf((0,oci_reference/* formatReference */.FH)(asked.reference), images.length > 1, log);
        const outcome = await oneImage(asked, inputs, client, others, inTurn, progress.note, hopeless.signal).catch((error) => ({ error, about: describe(asked, inputs) }));
        // The step has failed by now: what the other images are waiting for cannot mend it.
        if ('error' in outcome)
            hopeless.abort();
        done += 1;
        const count = images.length > 1 ? `[${done}/${images.length}] ` : '';
        if ('error' in outcome)
            progress.print(`${count}${outcome.about}: failed`, partsOf(outcome.error, '', log).parts);
        else
            progress.print(`${count}${headlineOf(outcome)}`, []);
        return outcome;
    }));
    return {
        outcomes: settled.filter((outcome) => 'asked' in outcome),
        failures: causesFirst(settled.filter((outcome) => 'error' in outcome)),
    };
}
/** What made the others give up waiting comes before what they were waiting for. */
function causesFirst(failures) {
    const isAbandoned = ({ error }) => error instanceof action_error/* ActionError */.lZ && error.reason === abandoned;
    return [...failures.filter((failure) => !isAbandoned(failure)), ...failures.filter(isAbandoned)];
}
async function oneImage(asked, inputs, client, others, inTurn, note, signal) {
    const look = lookFor(asked, inputs, client);
    const found = await waitFor(() => inTurn(() => withLook(inputs.timeout, note, look)), {
        timeout: inputs.waitTimeout,
        interval: inputs.waitInterval,
        clock: systemClock,
        signal,
        // What has a digest does not change; only its blobs, and the image itself, may still come.
        canMend: ({ code, reason }) => asked.reference.digest === undefined || code === 'not-found' || reason === badBlob,
        onWait: (error, pause) => {
            const why = error.code === 'not-found' ? 'not published yet.' : error.message;
            note('index', `Still waiting: ${why} Looking again in ${Math.ceil(pause / 1000)} s.`, 'urgent');
        },
    }).catch((error) => {
        if (inputs.failOnMissing || !each_image_isMissing(error))
            throw error;
        if (!hasGates(inputs.gates))
            return undefined;
        throw error.with({
            advice: 'fail-on-missing: false passes over a missing image only where no gate is set, as no gate can hold for it.',
        });
    });
    const [changed, needsUpdating] = found === undefined
        ? []
        : await inTurn(() => withLook(inputs.timeout, note, (look) => compared(found, inputs, others, look)));
    return { asked, found, changed, needsUpdating };
}
async function compared({ image, subjects }, { compareWith, baseImage }, others, look) {
    return Promise.all([
        compareWith &&
            haveChanged(image, subjects, compareWith, others, look).catch(concerning('compare-with', compareWith)),
        baseImage && needUpdating(subjects, baseImage, others, look).catch(concerning('base-image', baseImage)),
    ]);
}
/** Says of an error which of the references it is about. */
function concerning(input, reference) {
    return (error) => {
        if (!(error instanceof action_error/* ActionError */.lZ))
            throw error;
        const message = `${input} ${(0,oci_reference/* formatReference */.FH)(reference)}: ${error.message}`;
        throw error.with(error.code === 'not-found' ? { message, advice: `Check the input ${input}.` } : { message });
    };
}
function each_image_isMissing(error) {
    const cause = error instanceof action_error/* ActionError */.lZ && error.code === 'wait-timeout' ? error.cause : error;
    return cause instanceof action_error/* ActionError */.lZ && cause.code === 'not-found';
}
function describe({ text }, { platforms }) {
    return `${text} (${platforms === 'all' ? 'all platforms' : platforms.map(oci_platform/* formatPlatform */.Bq).join(', ')})`;
}

;// CONCATENATED MODULE: ./lib/src/registry/credentials/docker-config.js


/** The key under which `docker login` keeps the Hub's credentials, and by which helpers know them. */
const hubKey = 'https://index.docker.io/v1/';
/**
 * Reads a config.
 *
 * @throws ActionError `invalid-input` naming the config, never its content
 * @see https://github.com/docker/cli/blob/v28.0.0/cli/config/configfile/file.go
 */
function parseDockerConfig(text, name) {
    const config = toMap(parseJson(text, name), name, 'it');
    return {
        name,
        auths: toMap(config.get('auths') ?? {}, name, 'auths'),
        credHelpers: toMap(config.get('credHelpers') ?? {}, name, 'credHelpers'),
        credsStore: config.get('credsStore'),
    };
}
/** The key by which helpers know a registry. */
function serverKey(registry) {
    return registry === oci_reference/* dockerHub */.UD ? hubKey : registry;
}
/** The value that `credHelpers` has for the very host; undefined when it has none. */
function credHelperFor(config, registry) {
    const names = registry === oci_reference/* dockerHub */.UD ? [...oci_reference/* hubHosts */.dZ, hubKey] : [registry];
    return names.map((name) => config.credHelpers.get(name)).find((helper) => helper !== undefined);
}
/**
 * The credential that `auths` holds for a repository: the longest namespaced key first, then the exact host, then keys
 * with a scheme. Keys are matched whole, never by substring.
 *
 * @throws ActionError `invalid-input` when the entry that applies cannot be read
 */
function findAuth(config, repository) {
    for (const key of keysFor(config, repository)) {
        const credential = docker_config_readEntry(config.auths.get(key), `${config.name}, key ${key}`);
        if (credential !== undefined)
            return credential;
    }
    return undefined;
}
function keysFor(config, { registry, path }) {
    const hosts = registry === oci_reference/* dockerHub */.UD ? oci_reference/* hubHosts */.dZ : [registry];
    const segments = path.split('/');
    const namespaces = segments.map((_, at) => segments.slice(0, segments.length - at).join('/'));
    const namespaced = namespaces.flatMap((namespace) => hosts.map((host) => (0,oci_reference/* nameOf */.Vb)({ registry: host, path: namespace })));
    const withScheme = [...config.auths.keys()].filter((key) => {
        const [, host = ''] = /^https?:\/\/([^/]*)(?:\/.*)?$/.exec(key) ?? [];
        return hosts.includes(host);
    });
    return [...namespaced, ...hosts, ...withScheme].filter((key) => config.auths.has(key));
}
function docker_config_readEntry(entry, source) {
    const fields = toMap(entry ?? {}, source, 'it');
    const text = (name) => {
        const value = fields.get(name) ?? '';
        if (typeof value !== 'string')
            throw malformed(source, `${name} is not a string`);
        return value;
    };
    const [identity, registryToken] = [text('identitytoken'), text('registrytoken')];
    if (identity !== '')
        return { kind: 'identity', token: identity, source };
    if (!/^[\x21-\x7e]*$/.test(registryToken))
        throw malformed(source, 'registrytoken is not a token');
    if (registryToken !== '')
        return { kind: 'bearer', token: registryToken, source };
    const [username, password] = text('auth') === '' ? [text('username'), text('password')] : docker_config_decode(text('auth'), source);
    if (username === '' && password === '')
        return undefined;
    return { kind: 'basic', username, password, source };
}
/** `auth` is base64 of `user:password`, in UTF-8; some writers pad the password with NULs. */
function docker_config_decode(wrapped, source) {
    const auth = wrapped.replace(/[\r\n]/g, '');
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(auth))
        throw malformed(source, 'auth is not base64');
    const text = decodeUtf8(Buffer.from(auth, 'base64'), source);
    const colon = text.indexOf(':');
    if (colon <= 0)
        throw malformed(source, 'auth is not user:password in base64');
    return [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, '')];
}
function decodeUtf8(bytes, source) {
    try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    }
    catch {
        throw malformed(source, 'auth is not UTF-8');
    }
}
/** The parser's own message is dropped: it quotes what it stumbled over. */
function parseJson(text, name) {
    try {
        return JSON.parse(text.replace(/^\uFEFF/, '').trim() || '{}');
    }
    catch {
        throw malformed(name, 'it is not JSON');
    }
}
function toMap(value, name, what) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw malformed(name, `${what} is not an object`);
    }
    return new Map(Object.entries(value));
}
function malformed(name, why) {
    return new action_error/* ActionError */.lZ('invalid-input', `${name} cannot be used: ${why}.`, {
        advice: 'Log in again to write it anew, or remove it.',
    });
}

;// CONCATENATED MODULE: ./lib/src/registry/credentials/config-files.js



/** Bytes; a config of this size is none. */
const largestConfig = 1024 * 1024;
/**
 * Reads those of the files that exist, in their order. What is no regular file is passed over, so that a FIFO cannot
 * hold up the run.
 *
 * @throws ActionError `invalid-input` for a file that is malformed, too large or may not be read
 */
function readConfigFiles(files) {
    return files.flatMap((file) => {
        const text = readConfig(file);
        return text === undefined ? [] : [parseDockerConfig(text, file.name)];
    });
}
function readConfig({ path, name }) {
    try {
        const status = (0,external_node_fs_namespaceObject.statSync)(path, { throwIfNoEntry: false });
        if (!status?.isFile())
            return undefined;
        if (status.size > largestConfig)
            throw unreadable(name, 'it is larger than 1 MiB');
        return (0,external_node_fs_namespaceObject.readFileSync)(path, 'utf8');
    }
    catch (error) {
        if (error instanceof action_error/* ActionError */.lZ)
            throw error;
        const code = error instanceof Error && 'code' in error ? String(error.code) : '';
        if (code === 'ENOTDIR')
            return undefined;
        throw unreadable(name, `it cannot be read (${code})`);
    }
}
function unreadable(name, why) {
    return new action_error/* ActionError */.lZ('invalid-input', `${name} cannot be used: ${why}.`, {
        advice: 'Mend or remove it; without it other credentials may be used.',
    });
}

;// CONCATENATED MODULE: ./lib/src/registry/credentials/credential.js
/** What of a credential must never be printed: the secret itself, and the form in which a Basic header carries it. */
function secretsOf(credential) {
    if (credential.kind !== 'basic')
        return [credential.token];
    return [credential.password, encodeBasic(credential.username, credential.password)];
}
/**
 * The credentials of a Basic header.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7617#section-2
 */
function encodeBasic(username, password) {
    return Buffer.from(`${username}:${password}`).toString('base64');
}

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(760);
;// CONCATENATED MODULE: ./lib/src/registry/credentials/helper.js




/** Milliseconds that a helper may take: those of clouds ask a service first. */
const helperTimeout = 10_000;
/** Bytes that a helper may print. */
const outputLimit = 64 * 1024;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/**
 * Asks `docker-credential-NAME get` for the credentials of a server, as docker does: the key on stdin, no shell.
 *
 * @param name what the config names, unchecked
 * @param source where the name stands, for messages
 * @returns undefined when the helper knows none
 * @throws ActionError `unauthorized` when it is missing, badly named, fails or hangs (CVE-2021-41092)
 * @see https://github.com/docker/docker-credential-helpers#development
 */
async function askHelper(name, server, source, options) {
    if (typeof name !== 'string' || !namePattern.test(name)) {
        throw helper_failed(source, 'names a credential helper that cannot exist', JSON.stringify(name));
    }
    const program = `docker-credential-${name}`;
    const file = await find(program, options);
    if (file === undefined)
        throw helper_failed(source, `names ${program}, which is not on the PATH outside the workspace`);
    const { status, output, words } = await run(file, server, options.environment);
    if (status !== 0) {
        if (words.startsWith('credentials not found'))
            return undefined;
        throw helper_failed(source, `names ${program}, which failed (${status})`, words);
    }
    return readAnswer(output, program, source);
}
/** The first file of that name in an absolute folder of the PATH; links are followed before the workspace is excluded. */
async function find(program, { path, workspace }) {
    const fileName = process.platform === 'win32' ? `${program}.exe` : program;
    const forbidden = workspace === '' ? undefined : await external_node_fs_namespaceObject.promises.realpath(workspace).catch(() => workspace);
    for (const folder of path.split(external_node_path_.delimiter)) {
        if (!(0,external_node_path_.isAbsolute)(folder))
            continue;
        const file = (0,external_node_path_.join)(folder, fileName);
        const target = await external_node_fs_namespaceObject.promises.realpath(file).catch(() => undefined);
        if (target === undefined || isWithin(target, forbidden) || isWithin(file, workspace))
            continue;
        if (await isProgram(target))
            return file;
    }
    return undefined;
}
function isWithin(file, folder) {
    return folder !== undefined && folder !== '' && file.startsWith(folder.endsWith(external_node_path_.sep) ? folder : `${folder}${external_node_path_.sep}`);
}
async function isProgram(file) {
    const isExecutable = await external_node_fs_namespaceObject.promises.access(file, external_node_fs_namespaceObject.constants.X_OK).then(() => true, () => false);
    return isExecutable && (await external_node_fs_namespaceObject.promises.stat(file)).isFile();
}
async function run(file, server, environment) {
    // Loaded here, as few runs ask a helper.
    const { spawn } = await Promise.resolve(/* import() */).then(__nccwpck_require__.t.bind(__nccwpck_require__, 421, 19));
    return new Promise((resolve) => {
        // A group of its own, so that what the helper started ends with it.
        const child = spawn(file, ['get'], { env: environment, detached: process.platform !== 'win32', windowsHide: true });
        let output = '';
        let errors = '';
        const finish = (status) => {
            clearTimeout(timer);
            // What looks like an answer may hold the secret, which nobody has read and so nobody would mask.
            const words = /"secret"/i.test(`${output}${errors}`) ? '' : output.trim() || errors.trim();
            resolve({ status, output, words });
        };
        const abandon = (why) => {
            finish(why);
            stop(child.pid);
            child.stdout.destroy();
            child.stderr.destroy();
        };
        const timer = setTimeout(() => abandon(`no answer in ${helperTimeout / 1000} seconds`), helperTimeout);
        const collect = (chunk, sum) => {
            if (sum.length + chunk.length > outputLimit)
                abandon('more than 64 KiB of output');
            return (sum + chunk).slice(0, outputLimit);
        };
        child.stdout.setEncoding('utf8').on('data', (chunk) => {
            output = collect(chunk, output);
        });
        child.stderr.setEncoding('utf8').on('data', (chunk) => {
            errors = collect(chunk, errors);
        });
        child.stdin.on('error', () => undefined);
        child.stdin.end(server);
        child.on('error', (error) => finish(error.message));
        child.on('close', (code, signal) => finish(code ?? signal ?? 'no exit code'));
    });
}
function stop(pid) {
    if (pid === undefined)
        return;
    try {
        process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
    }
    catch {
        // It has ended already.
    }
}
function readAnswer(output, program, source) {
    const { Username: username, Secret: secret } = parseRecord(output) ?? {};
    if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') {
        throw helper_failed(source, `names ${program}, whose answer cannot be read`);
    }
    const origin = `${program}, which ${source} names`;
    return username === '<token>'
        ? { kind: 'identity', token: secret, source: origin }
        : { kind: 'basic', username, password: secret, source: origin };
}
function helper_failed(source, why, said) {
    return new action_error/* ActionError */.lZ('unauthorized', `${source} ${why}.`, {
        said: said || undefined,
        advice: 'Install the helper or log in again; no other credentials are tried in its place.',
    });
}

;// CONCATENATED MODULE: ./lib/src/registry/credentials/store.js





/**
 * Reads the configs of a run and finds credentials in them. Helpers are asked only when a credential is needed.
 *
 * @param repositories what will be asked for: where the inputs cover it all, no config is read
 * @throws ActionError `invalid-input` for a config, or an entry for one of the repositories, that cannot be read
 */
function openCredentials(sources, repositories, listener) {
    const isCovered = (repository) => fromInputs(sources, repository) !== undefined;
    const configs = repositories.every(isCovered) ? [] : readConfigs(sources);
    for (const repository of repositories)
        if (!isCovered(repository))
            checkEntries(configs, repository);
    const ask = askingOnce(sources.helpers);
    const warnings = new Set();
    const warn = (message, said) => {
        if (!warnings.has(message))
            listener.warn(message, said);
        warnings.add(message);
    };
    const find = async (repository) => {
        const given = fromInputs(sources, repository);
        if (given !== undefined)
            return given;
        for (const config of configs) {
            const found = await findIn(config, repository, ask, warn);
            if (found !== undefined)
                return found;
        }
        return fromGithubToken(sources, repository);
    };
    return async (repository) => {
        const credential = await find(repository);
        if (credential !== undefined)
            secretsOf(credential).forEach(listener.keepSecret);
        return credential;
    };
}
/** A helper is asked once for a server, however many of its repositories are looked at. */
function askingOnce(options) {
    const answers = new Map();
    return (helper, server, source) => {
        const key = JSON.stringify([source, helper, server]);
        const answer = answers.get(key) ?? askHelper(helper, server, source, options);
        answers.set(key, answer);
        return answer;
    };
}
function readConfigs({ dockerAuthConfig, files }) {
    const fromVariable = dockerAuthConfig === '' ? [] : [parseDockerConfig(dockerAuthConfig, 'DOCKER_AUTH_CONFIG')];
    return [...fromVariable, ...readConfigFiles(files)];
}
/** Finds bad entries before any request is sent, as far as no helper stands before them. */
function checkEntries(configs, repository) {
    for (const config of configs) {
        if (credHelperFor(config, repository.registry) !== undefined || hasStore(config))
            return;
        if (findAuth(config, repository) !== undefined)
            return;
    }
}
async function findIn(config, repository, ask, warn) {
    const server = serverKey(repository.registry);
    const helper = credHelperFor(config, repository.registry);
    if (helper !== undefined) {
        const helped = await ask(helper, server, `${config.name}, credHelpers`);
        if (helped !== undefined)
            return helped;
    }
    const stored = hasStore(config) ? await fromStore(config, server, ask, warn) : undefined;
    return stored ?? findAuth(config, repository);
}
function hasStore({ credsStore }) {
    return credsStore !== undefined && credsStore !== null && credsStore !== '';
}
async function fromStore(config, server, ask, warn) {
    try {
        return await ask(config.credsStore, server, `${config.name}, credsStore`);
    }
    catch (error) {
        if (!(error instanceof action_error/* ActionError */.lZ))
            throw error;
        warn(`${error.message} The entries of auths are used.`, error.said);
        return undefined;
    }
}
function fromInputs({ input }, { registry }) {
    if (input?.registry !== registry)
        return undefined;
    const { username, password } = input;
    return { kind: 'basic', username, password, source: 'the inputs username and password' };
}
function fromGithubToken({ githubToken }, { registry }) {
    const { token, registries } = githubToken;
    if (token === '' || !registries.includes(registry))
        return undefined;
    return {
        kind: 'basic',
        username: 'x-access-token',
        password: token,
        source: 'the input github-token',
        isOptional: true,
    };
}

;// CONCATENATED MODULE: external "node:http"
const external_node_http_namespaceObject = require("node:http");
;// CONCATENATED MODULE: external "node:https"
const external_node_https_namespaceObject = require("node:https");
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __nccwpck_require__(30);
;// CONCATENATED MODULE: ./lib/src/registry/body.js

/** Bytes that are read of the body of an error answer. */
const errorBodyLimit = 64 * 1024;
/**
 * Reads the body of an answer to its end, counted and checked to be complete; of an error answer, the beginning.
 *
 * @throws ActionError `too-large`, `network` when it breaks off, `registry-error` for a content encoding
 */
async function readBody(message, request) {
    const status = message.statusCode ?? 0;
    const response = { status, headers: message.headersDistinct, url: request.url };
    const isGood = status >= 200 && status < 300;
    const limit = isGood ? request.limit : errorBodyLimit;
    if (request.method !== 'HEAD' && isGood)
        checkHeaders(message, request);
    const { body, isCut } = await collect(message, limit);
    if (isCut && isGood)
        throw tooLarge(request, `more than ${limit}`);
    if (!isCut && !message.complete)
        throw truncated(request.url);
    return { ...response, body };
}
/** The first bytes of a body; the connection is closed when there are more. */
function collect(message, limit) {
    // As long as is declared, and longer where nothing is: a large body does not take its size twice.
    let body = Buffer.alloc(Math.min(Number(message.headers['content-length'] ?? 0) || 0, limit));
    let length = 0;
    return new Promise((resolve, reject) => {
        message.on('data', (chunk) => {
            const end = length + chunk.byteLength;
            if (end > body.byteLength)
                body = Buffer.concat([body], Math.min(limit, Math.max(end, 2 * length)));
            body.set(chunk.subarray(0, body.byteLength - length), length);
            length = Math.min(end, body.byteLength);
            if (end <= limit)
                return;
            message.destroy();
            resolve({ body, isCut: true });
        });
        const finish = () => resolve({ body: body.subarray(0, length), isCut: false });
        message.on('end', finish);
        message.on('error', reject);
        message.on('close', finish);
    });
}
function checkHeaders(message, request) {
    const encoding = message.headers['content-encoding'] ?? 'identity';
    if (!/^(?:identity)?$/i.test(encoding.trim())) {
        throw new action_error/* ActionError */.lZ('registry-error', `${request.url.host} sent the content encoding "${encoding}".`, {
            advice: 'It was asked for plain bytes. A proxy that compresses answers must not do so for registries.',
        });
    }
    const declared = Number(message.headers['content-length'] ?? 0);
    if (declared > request.limit)
        throw tooLarge(request, String(declared));
}
function tooLarge({ url, limit }, length) {
    return new action_error/* ActionError */.lZ('too-large', `The answer of ${url.href} has ${length} bytes; at most ${limit} are read.`);
}
function truncated(url) {
    return new action_error/* ActionError */.lZ('network', `The answer of ${url.href} broke off.`, { transient: true, reason: 'closed' });
}

// EXTERNAL MODULE: ./lib/src/registry/early.js
var registry_early = __nccwpck_require__(895);
// EXTERNAL MODULE: ./lib/src/registry/lookup.js
var lookup = __nccwpck_require__(500);
;// CONCATENATED MODULE: ./lib/src/registry/network-error.js

const tlsCodes = /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERROR_IN_|INVALID_(?:CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH|UNSPECIFIED$|EPROTO$)/;
/** What OpenSSL says of a peer that does not speak TLS at all. */
const notTls = /wrong.version.number|http.request|packet.length.too.long|record.layer.failure/i;
/** The failures of a connection that the next attempt may not meet, with the words for them. */
const transientFailures = {
    ECONNREFUSED: { reason: 'refused', words: 'the connection was refused' },
    ECONNRESET: { reason: 'closed', words: 'the connection was closed before the answer was complete' },
    EPIPE: { reason: 'closed', words: 'the connection was closed before the answer was complete' },
    ERR_STREAM_PREMATURE_CLOSE: {
        reason: 'closed',
        words: 'the connection was closed before the answer was complete',
    },
    EAI_AGAIN: { reason: 'dns', words: 'the name server did not answer' },
};
const trustAdvice = 'If the registry has a certificate of your own authority, give its file to the runner by NODE_EXTRA_CA_CERTS.';
/**
 * Turns what `node:http` reports into an {@link ActionError}: `tls`, `timeout`, `network`, or `registry-error` for an
 * answer that is not HTTP. An error that is one already stays as it is.
 */
function networkError(error, url) {
    if (error instanceof action_error/* ActionError */.lZ)
        return error;
    const { message, code } = network_error_describe(error);
    const proxyStatus = /^tunneling socket could not be established, statusCode=(\d+)/.exec(message)?.[1];
    if (proxyStatus !== undefined)
        return proxyRefused(url, Number(proxyStatus), error);
    if (/^tunneling socket could not be established/.test(message))
        return proxyUnreachable(url, message, error);
    if (tlsCodes.test(code))
        return tlsError(url, message, code, error);
    if (code === 'HPE_INVALID_CONSTANT')
        return protocolError(url, message, error).with({ reason: 'not-http' });
    if (code.startsWith('HPE_'))
        return protocolError(url, message, error);
    if (code === 'ETIMEDOUT')
        return network_error_fail('timeout', url, 'no connection in time', { transient: true, cause: error });
    const failure = Object.hasOwn(transientFailures, code) ? transientFailures[code] : undefined;
    if (failure !== undefined) {
        const { reason, words } = failure;
        return network_error_fail('network', url, words, { transient: true, reason, cause: error });
    }
    if (code === 'ENOTFOUND') {
        return network_error_fail('network', url, 'there is no host of that name', { advice: 'Check the spelling.', cause: error });
    }
    return network_error_fail('network', url, message, { cause: error });
}
/** An answer that breaks HTTP: sending the request again would bring the same. */
function protocolError(url, what, cause) {
    return network_error_fail('registry-error', url, `the answer is not valid HTTP: ${what}`, { reason: 'protocol', cause });
}
function tlsError(url, message, code, cause) {
    if (notTls.test(`${code} ${message}`)) {
        const advice = 'If plain HTTP is meant, name the registry in the input plain-http.';
        return network_error_fail('tls', url, 'it does not speak TLS', { advice, reason: 'not-tls', cause });
    }
    return network_error_fail('tls', url, `no trusted connection: ${message}`, { advice: trustAdvice, reason: 'tls', cause });
}
function proxyRefused(url, status, cause) {
    const asksForPassword = status === 407;
    return network_error_fail('network', url, `the proxy answered ${status} to CONNECT`, {
        transient: status >= 500,
        advice: asksForPassword
            ? 'The proxy asks for a password: put user:password@ before the host in https_proxy.'
            : 'Check https_proxy, http_proxy and no_proxy on the runner.',
        cause,
    });
}
function proxyUnreachable(url, message, cause) {
    return network_error_fail('network', url, `the proxy cannot be used: ${message}`, {
        transient: true,
        advice: 'Check https_proxy, http_proxy and no_proxy on the runner.',
        cause,
    });
}
function network_error_fail(code, url, why, details) {
    return new action_error/* ActionError */.lZ(code, `${url.host}: ${why}.`, details);
}
function network_error_describe(error) {
    if (!(error instanceof Error))
        return { message: String(error), code: '' };
    const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
    return { message: error.message || code, code };
}

;// CONCATENATED MODULE: ./lib/src/registry/http.js










/** Milliseconds for name look-up, proxy, connection and TLS together. */
const connectTimeout = 10_000;
/** Milliseconds for one request, from its start to the last byte of its answer. */
const attemptTimeout = 30_000;
/** More than are ever in flight to one host, so that no agent queues: a queue of `tunnel` loses sockets. */
const socketsPerHost = 64;
/**
 * Sends requests by `node:http` through the agents of `@actions/http-client`, which know the runner's proxy settings.
 * Nothing else of that client is used: its bodies never settle when they are truncated, and its time-out is not armed
 * while a proxy connects (measured in 4.0.1).
 *
 * The transport fails with `network`, `tls`, `timeout`, `too-large` or `registry-error`; it never follows, retries or inflates.
 *
 * @param userAgent the `User-Agent` of every request
 * @param early connections that are used before new ones are opened
 */
function httpTransport(userAgent, early = (0,registry_early/* openEarly */.o)([])) {
    // Sockets are shared by requests under the same rules only: a pooled socket skips the check of its address.
    const pools = new Map();
    const agentFor = ({ url, checkAddresses }) => {
        const pool = pools.get(checkAddresses) ?? new Map();
        const agent = pool.get(url.origin) ?? withEarly(newAgent(url), url.origin, early);
        pools.set(checkAddresses, pool.set(url.origin, agent));
        return agent;
    };
    const known = new Map();
    const addressesOf = (hostname) => {
        const found = known.get(hostname) ?? (0,lookup/* resolveBriefly */.IW)(hostname);
        known.set(hostname, found);
        return found;
    };
    return {
        async send(request) {
            const agent = agentFor(request);
            // A proxy resolves names itself; what this machine knows of the name is checked all the same.
            if (isProxy(agent)) {
                await request.checkAddresses(request.url.hostname, await addressesOf((0,transport/* bareHostname */.CO)(request.url)));
            }
            else
                await early.check(request.url.origin, request.checkAddresses);
            return exchange(request, agent, userAgent);
        },
        close() {
            early.close();
            const agents = [...pools.values()].flatMap((pool) => [...pool.values()]);
            for (const agent of agents)
                if (!isProxy(agent))
                    agent.destroy();
        },
    };
}
function newAgent(url) {
    try {
        const client = new lib_HttpClient(undefined, [], { keepAlive: true, maxSockets: socketsPerHost });
        const agent = client.getAgent(url.href);
        if (isProxy(agent))
            useOwnName(agent);
        return agent;
    }
    catch (cause) {
        throw new action_error/* ActionError */.lZ('network', 'The proxy settings of the runner cannot be used.', {
            advice: 'Check that https_proxy and http_proxy are URLs: http://proxy:port.',
            cause,
        });
    }
}
/** Has an agent take early connections first, for TLS: what they are to be used for is decided by now. */
function withEarly(agent, origin, early) {
    if (!(agent instanceof external_node_https_namespaceObject.Agent))
        return agent;
    const connect = agent.createConnection;
    agent.createConnection = (options, callback) => {
        const socket = early.take(origin);
        return connect.call(agent, socket === undefined ? options : { ...options, socket }, callback);
    };
    return agent;
}
function exchange(request, agent, userAgent) {
    const { url, signal } = request;
    return new Promise((resolve, reject) => {
        let sent;
        const finish = (conclude) => {
            clearTimeout(attempt);
            clearTimeout(connect);
            signal.removeEventListener('abort', abort);
            conclude();
        };
        const fail = (error) => {
            finish(() => reject(networkError(error, url)));
            sent?.destroy();
        };
        const abort = () => fail(signal.reason);
        const attempt = setTimeout(() => fail(timeout(url, 'no complete answer', attemptTimeout)), attemptTimeout);
        const connect = setTimeout(() => fail(timeout(url, 'no connection', connectTimeout)), connectTimeout);
        if (signal.aborted)
            return abort();
        signal.addEventListener('abort', abort, { once: true });
        try {
            sent = start(request, agent, userAgent);
        }
        catch (error) {
            return fail(error);
        }
        sent.on('error', fail);
        sent.once('socket', () => onceConnected(sent, url, () => clearTimeout(connect)));
        sent.once('upgrade', () => fail(protocolError(url, 'it switches to another protocol')));
        sent.once('response', (message) => {
            clearTimeout(connect);
            readBody(message, request).then((response) => finish(() => resolve(response)), fail);
        });
    });
}
function onceConnected(sent, url, then) {
    const socket = sent?.socket;
    const isTls = url.protocol === 'https:';
    if (!socket || sent.reusedSocket || (!isTls && !socket.connecting))
        then();
    else
        socket.once(isTls ? 'secureConnect' : 'connect', then);
}
/** The agents for a proxy come from the package `tunnel`; no other has this property. */
function isProxy(agent) {
    return 'proxyOptions' in agent;
}
/** Has the certificate of a proxy checked against its own name; that in the header `Host` is the registry's. */
function useOwnName({ proxyOptions }) {
    proxyOptions.servername = (0,external_node_net_.isIP)(proxyOptions.host) === 0 ? proxyOptions.host : '';
}
function start(request, agent, userAgent) {
    const { url, method, body } = request;
    const { request: send } = url.protocol === 'https:' ? external_node_https_namespaceObject : external_node_http_namespaceObject;
    const sent = send({
        agent,
        method,
        protocol: url.protocol,
        host: isProxy(agent) ? url.hostname : (0,transport/* bareHostname */.CO)(url),
        port: (0,transport/* portOf */.HM)(url),
        path: `${url.pathname}${url.search}`,
        headers: {
            ...request.headers,
            'user-agent': userAgent,
            'accept-encoding': 'identity',
            ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
        lookup: (0,lookup/* checkedLookup */.yG)(request.checkAddresses),
    });
    sent.end(body);
    return sent;
}
function timeout(url, what, milliseconds) {
    const message = `${url.host}: ${what} within ${milliseconds / 1000} seconds.`;
    return new action_error/* ActionError */.lZ('timeout', message, { transient: true, reason: 'timeout' });
}

;// CONCATENATED MODULE: ./lib/src/registry/limit.js

/** Requests in flight to one host; more bring rate limits and no speed. */
const requestsPerHost = 8;
/** Lets at most eight requests be in flight to one host; the others wait their turn, in order. */
function withLimit(send) {
    const hosts = new Map();
    return (request) => {
        const inTurn = hosts.get(request.url.host) ?? turns(requestsPerHost);
        hosts.set(request.url.host, inTurn);
        return inTurn(() => send(request), request.signal);
    };
}

// EXTERNAL MODULE: ./lib/src/registry/address.js
var registry_address = __nccwpck_require__(836);
;// CONCATENATED MODULE: ./lib/src/registry/challenge.js
const separators = /[\s,]*/y;
const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const equals = /[ \t]*=[ \t]*/y;
const quoted = /"((?:[^"\\]|\\[\s\S])*)"?/y;
const unquoted = /[^\s,"]*/y;
const token68 = /[ \t]+[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
/**
 * Reads the challenges of all `WWW-Authenticate` headers of an answer, comma-joined or repeated, in linear time.
 * What cannot be read is passed over: a challenge that is understood must not be lost to a neighbour that is not.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
function parseChallenges(headers) {
    return headers.flatMap((header) => readHeader(header));
}
function readHeader(text) {
    const challenges = [];
    let at = 0;
    const match = (pattern) => {
        pattern.lastIndex = at;
        const found = pattern.exec(text) ?? undefined;
        if (found)
            at += found[0].length;
        return found;
    };
    while (at < text.length) {
        match(separators);
        const name = match(token)?.[0];
        if (name === undefined) {
            if (at < text.length && match(quoted) === undefined)
                at += 1;
            continue;
        }
        const current = challenges.at(-1);
        if (current !== undefined && match(equals)) {
            const value = match(quoted)?.[1]?.replace(/\\([\s\S])/g, '$1') ?? match(unquoted)?.[0] ?? '';
            const key = name.toLowerCase();
            if (!current.parameters.has(key))
                current.parameters.set(key, value);
            continue;
        }
        challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
        match(token68);
    }
    return challenges;
}

// EXTERNAL MODULE: ./lib/src/registry/known.js
var registry_known = __nccwpck_require__(303);
;// CONCATENATED MODULE: ./lib/src/registry/rejection.js




/** Whether an error says that a registry wants other credentials, or more. */
function isRejection(error) {
    return error instanceof action_error/* ActionError */.lZ && (error.code === 'unauthorized' || error.code === 'denied');
}
/** The error for a 401 or 403 that is final. */
function rejected(response, credential, repository) {
    const error = statusError(response, `${(0,oci_reference/* nameOf */.Vb)(repository)} may not be pulled`);
    const challenges = parseChallenges(response.headers['www-authenticate'] ?? []);
    const isScopeMissing = challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope');
    return withSource(isScopeMissing ? error.with({ code: 'denied' }) : error, credential, repository);
}
/** The error for a registry that turns us away without asking who we are. */
function unasked(response, { source }, { registry }) {
    return statusError(response, `${registry} turns strangers away, and did not ask for the credentials from ${source}`).with({
        advice: 'Check the name of the registry and of the repository; ask its operator why it sends no challenge.',
    });
}
/** Adds to a rejection where the credentials came from and what to do about it. */
function withSource(error, credential, repository) {
    if (!(error instanceof action_error/* ActionError */.lZ) || !isRejection(error) || error.advice !== undefined)
        return error;
    const source = credential === undefined
        ? `No credentials were found for ${repository.registry}.`
        : `The credentials came from ${credential.source}.`;
    return error.with({
        message: `${error.message} ${source}`,
        advice: `${rejection_adviceFor(repository, credential)} A registry may answer so for an image that does not exist, too.`,
    });
}
function rejection_adviceFor({ registry }, credential) {
    if (registry === 'ghcr.io' || credential?.isOptional) {
        return 'Give the job "permissions: packages: read", and the package access for this repository in its settings; for a package elsewhere give username and password (a token with read:packages).';
    }
    return credential === undefined
        ? `Log in to ${(0,oci_reference/* wireHost */.we)(registry)} in an earlier step, or give the inputs username and password.`
        : 'Check that they are still valid and may read this repository.';
}

;// CONCATENATED MODULE: ./lib/src/registry/token.js





/** Bytes of a token answer, and so of a token. */
const tokenLimit = 64 * 1024;
/** The name under which a token is asked for with an identity token. */
const clientId = 'image-digests';
const usableToken = /^[A-Za-z0-9._~+/=-]+$/;
/**
 * What to ask for by a Bearer challenge. Only the pull scope of our own repository is ever asked for, whatever the
 * challenge names; `*` is passed through, as ECR and others have no other.
 *
 * @throws ActionError `registry-error` for a challenge without a realm
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
function tokenRequestFor(challenge, repository, credential) {
    const realm = challenge.parameters.get('realm') ?? '';
    if (!URL.canParse(realm)) {
        throw new action_error/* ActionError */.lZ('registry-error', `${repository.registry} asks for a token without saying where to get it.`, {
            said: `realm="${realm}"`,
        });
    }
    return {
        registry: repository.registry,
        realm: new URL(realm),
        service: challenge.parameters.get('service'),
        scope: challenge.parameters.get('scope') === '*' ? '*' : `repository:${repository.path}:pull`,
        credential,
    };
}
/** Equal for requests that one token answers. */
function tokenKey({ registry, realm, service, scope, credential }) {
    // The credential by its digest: a secret has no place in a key.
    const shown = credential && digestOf(Buffer.from(JSON.stringify(credential)));
    return JSON.stringify([registry, realm.href, service, scope, shown]);
}
/**
 * Gets a token from a realm that may be asked.
 *
 * @param base what the request shares with the one that was challenged: its signal, deadline and log
 * @param origin where the registry is spoken to
 * @throws ActionError `untrusted-host`, `unauthorized`, `denied`, or `registry-error` for an answer without a usable token
 */
async function fetchToken(send, wanted, base, origin, trust) {
    const { realm, credential } = wanted;
    if (realm.username !== '' || realm.password !== '') {
        throw new action_error/* ActionError */.lZ('untrusted-host', `${origin.host} names a token realm with a user name in it: ${realm.origin}.`);
    }
    const checkAddresses = await trust.realm(realm, origin, credential !== undefined);
    const request = { ...base, phase: 'token', limit: tokenLimit, checkAddresses, ...messageFor(wanted) };
    request.note(request.phase, `${request.method} ${request.url.href} (${credential?.source ?? 'anonymous'})`);
    const response = await send(request);
    if (response.status >= 300 && response.status < 400) {
        throw new action_error/* ActionError */.lZ('untrusted-host', `The token service ${realm.origin} redirects, and is not followed.`, {
            advice: 'Credentials go to the host that the registry names and to no other. Ask its operator.',
        });
    }
    if (response.status !== 200)
        throw statusError(response, `The token service ${realm.origin} gave no token`);
    const token = readToken(response.body);
    if (token !== undefined)
        return token;
    // An error only: whatever else is in the answer may be a token all the same.
    const said = errorWords(parseRecord(bodyOf(response.body)));
    throw new action_error/* ActionError */.lZ('registry-error', `The token service ${realm.origin} answered without a usable token.`, {
        said,
    });
}
function messageFor({ realm, service, scope, credential }) {
    const url = new URL(realm);
    url.hash = '';
    if (credential?.kind === 'identity')
        return refreshMessage(url, { service, scope, token: credential.token });
    if (service !== undefined && !url.searchParams.has('service'))
        url.searchParams.set('service', service);
    url.searchParams.set('scope', scope);
    return { method: 'GET', url, headers: credential === undefined ? {} : { authorization: basicHeader(credential) } };
}
/** @see https://distribution.github.io/distribution/spec/auth/oauth/ */
function refreshMessage(url, { service, scope, token }) {
    url.searchParams.delete('scope');
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, scope, refresh_token: token });
    if (service !== undefined)
        form.set('service', service);
    return {
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
    };
}
/** The value of an `Authorization` header for a user name and password. */
function basicHeader(credential) {
    if (credential.kind !== 'basic') {
        throw new action_error/* ActionError */.lZ('unauthorized', `The registry asks for a user name and password, and ${credential.source} holds a token.`);
    }
    return `Basic ${encodeBasic(credential.username, credential.password)}`;
}
/** Either field may hold the token; services that fill both put the same into them. */
function readToken(body) {
    const answer = parseRecord(bodyOf(body));
    return [answer?.['token'], answer?.['access_token']].find((token) => typeof token === 'string' && usableToken.test(token));
}

;// CONCATENATED MODULE: ./lib/src/registry/auth.js







/**
 * Answers challenges for one repository. The request goes out first; a 401 tells what to do. It is sent at most once
 * more after a token was obtained or renewed for it, and once more where the workflow's own token was rejected and the
 * registry is tried without.
 *
 * @throws ActionError `unauthorized` or `denied`, naming where rejected credentials came from
 */
function withAuth(send, options) {
    const { repository } = options;
    let lookup;
    const findOnce = () => {
        lookup ??= options.credential();
        return lookup;
    };
    let session = { credential: findOnce, held: undefined };
    return async (request) => {
        const used = session;
        try {
            return await attempt(send, request, used, options);
        }
        catch (error) {
            if (!isRejection(error))
                throw error;
            const given = await used.credential().catch(() => undefined);
            if (given?.isOptional !== true)
                throw withSource(error, given, repository);
            request.note('token', `${given.source} was rejected: trying without`);
            if (session === used)
                session = { credential: async () => undefined, held: undefined };
            return attempt(send, request, session, options).catch((second) => {
                throw isRejection(second) ? withSource(error, given, repository) : second;
            });
        }
    };
}
async function attempt(send, first, session, options) {
    const { held } = session;
    const request = held === undefined ? first : authorized(first, held);
    if (held === undefined)
        void guess(first, session, options).catch(() => undefined);
    const response = await send(request);
    const isOwn = isFromRegistry(response, first);
    const isHidden = isOwn && held === undefined && (await isHiddenFromStrangers(response, session));
    if (!isHidden && !(isOwn && response.status === 401))
        return judged(response, first, held, session, options);
    const header = await answer(send, response, request, session, options);
    if (header === undefined)
        return judged(response, first, undefined, session, options);
    if (header === held)
        throw rejected(response, await session.credential(), options.repository);
    session.held = header;
    return judged(await send(authorized(first, header)), first, header, session, options);
}
/** Asks for the token that a known registry is going to want, while its challenge is on the way. */
async function guess(request, session, options) {
    const known = (0,registry_known/* challengeOf */.p)(options.repository.registry);
    if (known === undefined)
        return;
    const challenge = { scheme: 'bearer', parameters: new Map(Object.entries(known)) };
    const wanted = tokenRequestFor(challenge, options.repository, await session.credential());
    if (wanted.credential?.kind !== 'bearer')
        await tokenFor(wanted, request, request.url, options);
}
/** The `Authorization` that answers a challenge; undefined when the registry did not ask for any. */
async function answer(send, response, request, session, options) {
    const { repository } = options;
    const challenges = await challengesOf(response, request, send);
    for (const challenge of challenges)
        request.note('token', auth_describe(response, challenge));
    const isBasic = challenges.some(({ scheme }) => scheme === 'basic');
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && (parameters.has('realm') || !isBasic));
    const given = await session.credential();
    if (challenges.length > 0 && given?.kind === 'bearer')
        return `Bearer ${given.token}`;
    if (bearer !== undefined) {
        const wanted = tokenRequestFor(bearer, repository, given);
        return `Bearer ${await tokenFor(wanted, request, response.url, options)}`;
    }
    if (given !== undefined && isBasic)
        return basicHeader(given);
    if (response.status !== 401)
        return undefined;
    throw withSource(statusError(response, `${repository.registry} wants a login`), given, repository);
}
/** The token for a request: one that is known, unless the request had it and it was refused, or a new one. */
async function tokenFor(wanted, request, origin, options) {
    const { tokens, trust } = options;
    const key = tokenKey(wanted);
    for (let cached = tokens.get(key); cached !== undefined; cached = tokens.get(key)) {
        const known = await cached.catch((error) => {
            if (isAnothersTimeout(error, request.signal))
                return undefined;
            throw error;
        });
        if (known !== undefined && `Bearer ${known}` !== request.headers['authorization'])
            return known;
        if (tokens.get(key) === cached)
            break;
    }
    const fresh = fetchToken(options.sendToken, wanted, { ...request, headers: {} }, origin, trust);
    tokens.set(key, fresh);
    const token = await fresh;
    options.keepSecret(token);
    return token;
}
/** Some registries answer strangers with 404 or 403, and only those who log in with what they have. */
async function isHiddenFromStrangers({ status }, { credential }) {
    if (status !== 404 && status !== 403)
        return false;
    const given = await credential();
    return given !== undefined && given.isOptional !== true;
}
/** Throws for a registry that turns us away. */
async function judged(response, asked, sent, { credential }, { repository }) {
    if (!isFromRegistry(response, asked) || (response.status !== 401 && response.status !== 403))
        return response;
    const given = await credential();
    throw sent === undefined && given !== undefined
        ? unasked(response, given, repository)
        : rejected(response, given, repository);
}
function authorized(request, header) {
    return { ...request, headers: { ...request.headers, authorization: header } };
}
/** What a host says that the registry redirected to is not the registry's word. */
function isFromRegistry({ url }, { url: asked }) {
    const isUpgraded = asked.protocol === 'http:' && url.protocol === 'https:' && asked.port === '' && url.port === '';
    return url.hostname === asked.hostname && ((0,transport/* portOf */.HM)(url) === (0,transport/* portOf */.HM)(asked) || isUpgraded);
}
/** The challenges of a 401; where it carries none, those of `GET /v2/`. */
async function challengesOf(response, request, send) {
    const challenges = parseChallenges(response.headers['www-authenticate'] ?? []);
    if (challenges.length > 0)
        return challenges;
    const { authorization: _, ...headers } = request.headers;
    const base = await send({ ...request, method: 'GET', url: new URL('/v2/', response.url), headers });
    const isAnswer = (base.status >= 200 && base.status < 300) || base.status === 401 || base.status === 404;
    if (!isAnswer)
        throw statusError(base, `GET ${base.url.href}, which was to tell how to log in`);
    return base.status === 401 && isFromRegistry(base, request)
        ? parseChallenges(base.headers['www-authenticate'] ?? [])
        : [];
}
function auth_describe({ status, url }, { scheme, parameters }) {
    const wants = [...parameters].map(([name, value]) => `${name}="${value}"`).join(', ');
    return `${url.host} answered ${status} and wants ${scheme} ${wants}`;
}

;// CONCATENATED MODULE: ./lib/src/registry/redirect.js


/** Hops; storage back ends need one or two. */
const mostRedirects = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/**
 * Follows redirects where `trust` lets it. `Authorization` goes to the registry's exact scheme, host and port only, and
 * not again after a redirect has left it.
 *
 * @throws ActionError `untrusted-host`, or `registry-error` for a redirect without an end or a target
 */
function withRedirects(send, trust) {
    return async (first) => {
        let request = first;
        let origin;
        for (let hop = 0; hop <= mostRedirects; hop += 1) {
            const response = await send(request);
            if (!redirectStatuses.has(response.status))
                return response;
            origin ??= response.url;
            const target = redirect_targetOf((0,transport/* header */.wx)(response, 'location'), response.url);
            const checkAddresses = await trust.redirect(target, response.url, origin);
            request.note(request.phase, `${response.status}: redirected to ${target.href}`);
            request = { ...request, url: target, checkAddresses, headers: headersFor(request, response.url, target) };
        }
        throw new action_error/* ActionError */.lZ('registry-error', `${first.url.href} redirects more than ${mostRedirects} times.`);
    };
}
function redirect_targetOf(location, from) {
    if (location === undefined || location.trim() === '' || !URL.canParse(location, from.href)) {
        throw new action_error/* ActionError */.lZ('registry-error', `${from.href} redirects, but not to a place: "${location ?? ''}".`);
    }
    const target = new URL(location, from);
    target.username = '';
    target.password = '';
    target.hash = '';
    return target;
}
function headersFor({ headers }, from, target) {
    if ((0,transport/* isSameOrigin */.J6)(from, target))
        return headers;
    const { authorization: _, ...rest } = headers;
    return rest;
}

// EXTERNAL MODULE: external "node:dns"
var external_node_dns_ = __nccwpck_require__(610);
;// CONCATENATED MODULE: ./lib/src/registry/trust.js






/**
 * The rules for one registry (ggcr #2193, #2292, #2440; CVE-2026-33540; CVE-2026-33990; CVE-2026-48978).
 *
 * @param registry `host[:port]` as it stands in a name
 */
function trustFor(registry, authHosts) {
    const own = new URL(`https://${(0,oci_reference/* wireHost */.we)(registry)}`);
    const allowed = authHosts.get(registry) ?? new Set();
    const isAllowed = (url) => allowed.has(url.host) || allowed.has(`${url.hostname}:${(0,transport/* portOf */.HM)(url)}`);
    const isOwn = (url, origin) => url.hostname === own.hostname && (0,transport/* portOf */.HM)(url) === (0,transport/* portOf */.HM)(origin);
    const refuse = (url, what, why) => new action_error/* ActionError */.lZ('untrusted-host', `${registry} ${what} ${url.origin}, ${why}.`, {
        advice: `If you trust that host, allow it with this line in the input auth-hosts: ${registry}=${url.host}`,
    });
    const forbid = (host) => new action_error/* ActionError */.lZ('untrusted-host', `${registry} leads to ${host}, a link-local or metadata address.`, {
        advice: 'Nothing allows this. A registry or name server that sends clients there attacks them.',
    });
    const notForbidden = async (hostname, addresses) => {
        if (addresses.some((address) => (0,registry_address/* addressClass */.Jc)(address) === 'forbidden'))
            throw forbid(hostname);
    };
    const refuseForbiddenName = (url) => {
        if ((0,registry_address/* nameClass */.Kn)((0,transport/* bareHostname */.CO)(url)) === 'forbidden')
            throw forbid(url.hostname);
    };
    const noNearerThanRegistry = async (classes, url, what) => {
        const near = classes.filter((kind) => kind === 'loopback' || kind === 'private');
        if (near.length === 0)
            return;
        const home = await classesOf(own);
        const nearer = near.find((kind) => home.length === 0 || home.some((at) => at !== kind));
        if (nearer !== undefined)
            throw refuse(url, what, `a ${nearer} address where the registry itself is not`);
    };
    // One check per host, as sockets are shared by requests with the same check.
    const checks = new Map();
    const checkAgainstRegistry = (url, what) => {
        const check = async (hostname, addresses) => {
            await notForbidden(hostname, addresses);
            await noNearerThanRegistry(addresses.map(registry_address/* addressClass */.Jc), url, what);
        };
        const shared = checks.get(url.origin) ?? check;
        checks.set(url.origin, shared);
        return shared;
    };
    return {
        registry() {
            refuseForbiddenName(own);
            return notForbidden;
        },
        async realm(realm, origin, withCredentials) {
            const what = 'asks for tokens to be fetched from';
            refuseForbiddenName(realm);
            if (!keepsScheme(realm, origin)) {
                throw refuseInsecureRealm(registry, realm);
            }
            if (isOwn(realm, origin) || isAllowed(realm))
                return notForbidden;
            const isKnown = registry_known/* knownTokenHosts */.o[registry] === realm.host && realm.protocol === 'https:';
            if (withCredentials && !isKnown)
                throw refuse(realm, what, 'which may not see the credentials of this registry');
            const kind = (0,registry_address/* nameClass */.Kn)((0,transport/* bareHostname */.CO)(realm));
            const isNear = kind === 'loopback' || kind === 'private';
            if (!isNear && (realm.protocol !== 'https:' || !(0,registry_address/* isPublicName */.XC)(realm.hostname))) {
                throw refuse(realm, what, 'which is not an https host with a public name');
            }
            await noNearerThanRegistry([kind], realm, what);
            return checkAgainstRegistry(realm, what);
        },
        async redirect(target, from, origin) {
            const what = 'redirects to';
            refuseForbiddenName(target);
            if (!keepsScheme(target, from)) {
                throw refuseScheme(registry, from, target);
            }
            if (isOwn(target, origin) || isAllowed(target))
                return notForbidden;
            const kind = (0,registry_address/* nameClass */.Kn)((0,transport/* bareHostname */.CO)(target));
            if (kind === undefined && !(0,registry_address/* isPublicName */.XC)(target.hostname) && (0,registry_address/* isPublicName */.XC)(own.hostname)) {
                throw refuse(target, what, 'a name of a private network');
            }
            await noNearerThanRegistry([kind], target, what);
            return checkAgainstRegistry(target, what);
        },
    };
}
/** Whether `url` is https, or http named over http. */
function keepsScheme(url, from) {
    return url.protocol === 'https:' || (url.protocol === 'http:' && from.protocol === 'http:');
}
function refuseInsecureRealm(registry, realm) {
    return new action_error/* ActionError */.lZ('untrusted-host', `${registry} asks for tokens to be fetched from ${realm.origin}, which is not https.`, {
        advice: 'Tokens are fetched over plain HTTP only for a registry that is itself spoken to over plain HTTP.',
    });
}
function refuseScheme(registry, from, target) {
    const place = target.host === '' ? target.protocol : target.origin;
    return new action_error/* ActionError */.lZ('untrusted-host', `${registry} redirects from ${from.origin} to ${place}.`, {
        advice: 'A redirect may lead to https, or from http to http. Ask the operator of the registry.',
    });
}
/** Where a host is. A name that does not resolve here is reached by a proxy, and taken for public. */
async function classesOf(url) {
    const known = (0,registry_address/* nameClass */.Kn)((0,transport/* bareHostname */.CO)(url));
    if (known !== undefined)
        return [known];
    const addresses = await external_node_dns_.promises.lookup(url.hostname, { all: true }).catch(() => []);
    return addresses.map(({ address }) => (0,registry_address/* addressClass */.Jc)(address));
}

;// CONCATENATED MODULE: ./lib/src/registry/reach.js






/** Reaches all repositories of a run, each with the trust, the scheme and the tokens of its own. */
function repositoryReach(options) {
    const trusts = new Map();
    const transports = new Map();
    const tokens = new Map();
    const trustOf = (registry) => {
        const trust = trusts.get(registry) ?? trustFor(registry, options.authHosts);
        trusts.set(registry, trust);
        return trust;
    };
    const transportTo = (repository) => {
        const name = (0,oci_reference/* nameOf */.Vb)(repository);
        const known = transports.get(name);
        if (known !== undefined)
            return known;
        const trust = trustOf(repository.registry);
        const transport = withAuth(withRedirects(options.send, trust), {
            repository,
            trust,
            credential: () => options.credentials(repository),
            sendToken: options.send,
            tokens,
            keepSecret: options.keepToken,
        });
        transports.set(name, transport);
        return transport;
    };
    return async (repository, { path, ...request }, look) => {
        const { registry } = repository;
        const isPlain = options.plainHttp.has(registry) || isLoopback(registry);
        const url = new URL(`${isPlain ? 'http' : 'https'}://${(0,oci_reference/* wireHost */.we)(registry)}`);
        url.pathname = `/v2/${repository.path}/${path}`;
        look.note(request.phase, `${request.method} ${url.href}`);
        const checkAddresses = trustOf(registry).registry();
        return transportTo(repository)({ headers: {}, ...request, ...look, url, checkAddresses });
    };
}
function isLoopback(registry) {
    return (0,registry_address/* nameClass */.Kn)((0,transport/* bareHostname */.CO)(new URL(`http://${registry}`))) === 'loopback';
}

;// CONCATENATED MODULE: ./lib/src/registry/retry.js



/** Attempts at one request, the first included. */
const mostAttempts = 5;
/** Milliseconds: the first pause is up to this, and each may be twice as long as the one before. */
const firstPause = 500;
/** Milliseconds that a pause of ours may have. */
const retry_longestPause = 20_000;
/** Milliseconds that a registry may ask us to wait; more than this fails at once and says so. */
const longestRetryAfter = 60_000;
const retriedStatuses = new Set([408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524]);
/**
 * Sends a request again when the failure may pass: at most five attempts, full-jitter back-off from 0.5 s to 20 s,
 * `Retry-After` obeyed up to a minute. A 429 holds back every request to that host.
 *
 * The last answer is given back whatever it is. What the network did in the last attempt is thrown.
 *
 * @throws ActionError `rate-limited` or `registry-error` when the registry asks for a longer wait than a minute
 */
function withRetries(send, clock, quietUntil) {
    return async (request) => {
        for (let attempt = 1;; attempt += 1) {
            await beQuiet(request, clock, quietUntil);
            const outcome = await send(request).catch(asTransient);
            const delay = delayBefore(attempt, outcome, request, clock);
            if (delay === undefined)
                return unwrap(outcome);
            request.note(request.phase, `${retry_describe(outcome, request)} Trying again in ${seconds(delay)} s (attempt ${attempt + 1} of ${mostAttempts}).`, 'urgent');
            if (!(outcome instanceof action_error/* ActionError */.lZ) && outcome.status === 429)
                keepQuiet(quietUntil, request, clock.now() + delay);
            if (delay > 0)
                await clock.sleep(delay, request.signal);
        }
    };
}
/**
 * Holds back requests to hosts that have asked for quiet while they waited for their turn, and takes note of a 429 before
 * the turn is passed on.
 */
function withQuiet(send, clock, quietUntil) {
    return async (request) => {
        await beQuiet(request, clock, quietUntil);
        const response = await send(request);
        if (response.status === 429)
            keepQuiet(quietUntil, request, clock.now() + (retryAfter(response, clock.now()) ?? 0));
        return response;
    };
}
function keepQuiet(quietUntil, { url }, end) {
    quietUntil.set(url.host, Math.max(quietUntil.get(url.host) ?? 0, end));
}
async function beQuiet(request, clock, quietUntil) {
    const end = quietUntil.get(request.url.host) ?? 0;
    const left = end - clock.now();
    if (left <= 0)
        return;
    if (left > longestRetryAfter || end >= request.deadline)
        throw quietTooLong(request, left);
    await clock.sleep(left, request.signal);
}
/** Milliseconds until the next attempt; undefined when there is to be none. */
function delayBefore(attempt, outcome, request, clock) {
    if (attempt >= mostAttempts || !mayPass(outcome, attempt))
        return undefined;
    const backOff = clock.random() * Math.min(retry_longestPause, firstPause * 2 ** (attempt - 1));
    const asked = outcome instanceof action_error/* ActionError */.lZ ? undefined : retryAfter(outcome, clock.now());
    if (asked !== undefined && asked > longestRetryAfter)
        throw waitTooLong(outcome, asked);
    const delay = Math.max(backOff, asked ?? 0);
    return clock.now() + delay < request.deadline ? delay : undefined;
}
function mayPass(outcome, attempt) {
    if (outcome instanceof action_error/* ActionError */.lZ)
        return outcome.transient;
    return retriedStatuses.has(outcome.status) || (attempt === 1 && isPassingDenial(outcome));
}
/** ghcr.io denies now and then what it grants a moment later. */
function isPassingDenial({ status, url, body }) {
    return status === 403 && url.host === 'ghcr.io' && /"DENIED"/.test(bodyOf(body));
}
/** Milliseconds that `Retry-After` asks for, as seconds or as a date. */
function retryAfter(response, now) {
    const value = (0,transport/* header */.wx)(response, 'retry-after')?.trim() ?? '';
    if (/^[0-9]+$/.test(value))
        return Number(value) * 1000;
    // One of the three forms of a date has no zone, and means GMT.
    const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(/GMT$/.test(value) ? value : `${value} GMT`) : Number.NaN;
    return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
function waitTooLong(response, asked) {
    return statusError(response, `${response.url.host} asks for a wait of ${seconds(asked)} seconds`).with({
        advice: `At most ${longestRetryAfter / 1000} seconds are waited for. Run the job again later${response.status === 429 ? ', or log in: limits are higher for users who are known' : ''}.`,
    });
}
function quietTooLong({ url }, left) {
    const wait = left > longestRetryAfter ? `asks for a wait of ${seconds(left)} seconds` : 'its wait outlasts this look';
    return new action_error/* ActionError */.lZ('rate-limited', `${url.host} answered 429 to another request, and ${wait}.`, {
        advice: 'Log in, as limits are higher for users who are known, or allow more by the input timeout.',
    });
}
function asTransient(error) {
    if (error instanceof action_error/* ActionError */.lZ)
        return error;
    throw error;
}
function unwrap(outcome) {
    if (outcome instanceof action_error/* ActionError */.lZ)
        throw outcome;
    return outcome;
}
function retry_describe(outcome, { method, url }) {
    return outcome instanceof action_error/* ActionError */.lZ ? outcome.message : `${method} ${url.href}: ${outcome.status}.`;
}
function seconds(milliseconds) {
    return (milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0);
}

;// CONCATENATED MODULE: ./lib/src/registry/scheme.js



/** Milliseconds for finding out whether TLS is spoken where plain HTTP was not understood. */
const tlsTrial = 5_000;
/**
 * Speaks plain HTTP to the hosts that it is allowed for until one of them shows that it wants TLS, then TLS. Requests
 * come in as `http:` where plain HTTP may be spoken.
 *
 * The first request to a registry carries no credentials, so that none are sent in the clear to a host that has TLS.
 */
function withScheme(send) {
    /** The origin that requests for a host go to. */
    const settled = new Map();
    const trySecure = async (request, target, plainFailure) => {
        const signal = AbortSignal.any([request.signal, AbortSignal.timeout(tlsTrial)]);
        try {
            const response = await send({ ...target, signal });
            settled.set(request.url.host, target.url.origin);
            return response;
        }
        catch (error) {
            if (!(error instanceof action_error/* ActionError */.lZ) || error.code !== 'tls' || error.reason === 'not-tls')
                return plainFailure();
            settled.set(request.url.host, target.url.origin);
            throw error;
        }
    };
    return async (request) => {
        const { host, protocol, origin } = request.url;
        if (protocol === 'https:')
            return send(request);
        const known = settled.get(host);
        if (known !== undefined)
            return send(movedTo(request, known));
        try {
            const response = await send(request);
            const secureOrigin = asksForTls(request, response);
            if (secureOrigin !== undefined)
                return await trySecure(request, movedTo(request, secureOrigin), () => response);
            settled.set(host, origin);
            return response;
        }
        catch (error) {
            if (!mayBeTls(error))
                throw error;
            return trySecure(request, movedTo(request, tlsOrigin(request.url)), () => {
                throw error;
            });
        }
    };
}
/** The same request to another origin. */
function movedTo(request, origin) {
    return { ...request, url: new URL(`${request.url.pathname}${request.url.search}`, origin) };
}
/** TLS on the same port. */
function tlsOrigin(url) {
    return new URL(`https://${url.hostname}:${(0,transport/* portOf */.HM)(url)}`).origin;
}
/**
 * The origin where TLS is spoken, by a redirect to the same place under https, or by the 400 with which Go, nginx and
 * Apache answer plain HTTP on a TLS port: its body says so, but to HEAD it has none. Any other redirect is for others to
 * judge, and so is every one of a token service.
 */
function asksForTls(request, { status, headers, body }) {
    const { method, url, phase } = request;
    const location = status > 300 && status < 400 ? (headers['location']?.[0] ?? '') : '';
    const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    const upgraded = new URL(url);
    upgraded.protocol = 'https:';
    if (phase !== 'token' && target?.href === upgraded.href)
        return target.origin;
    const isPlainRefused = status === 400 && (method === 'HEAD' || /\bHTTPS\b|SSL/.test(bodyOf(body)));
    return isPlainRefused ? tlsOrigin(url) : undefined;
}
/** Others close the connection, or send a TLS alert, which is no HTTP from its first byte. */
function mayBeTls(error) {
    return error instanceof action_error/* ActionError */.lZ && (error.reason === 'closed' || error.reason === 'not-http');
}

;// CONCATENATED MODULE: ./lib/src/registry/open-client.js





/** A client for all the registries of a run: every request is retried, limited, and sent in the right scheme by `send`. */
function openClient({ send, ...options }, clock) {
    const quiet = new Map();
    const careful = withRetries(withScheme(withLimit(withQuiet(send, clock, quiet))), clock, quiet);
    return registryClient(repositoryReach({ ...options, send: careful }));
}

;// CONCATENATED MODULE: ./lib/src/registry/patience.js
/** Milliseconds without an answer after which there is time for something else; nearer registries have answered by then. */
const patience = 25;
/** Does `work` once, while the first answer is under way, unless that comes at once. */
function whileWaiting(send, work) {
    let timer;
    return async (request) => {
        timer ??= setTimeout(work, patience);
        try {
            return await send(request);
        }
        finally {
            clearTimeout(timer);
        }
    };
}

;// CONCATENATED MODULE: ./lib/src/results.js


/**
 * The elements of `results` for one image: one for each platform, also for an image that does not exist, unless all
 * platforms of it were asked for.
 */
function resultsOf(outcome, files, { platforms: askedFor, inspect }) {
    const { asked, found } = outcome;
    const name = (0,oci_reference/* nameOf */.Vb)(asked.reference);
    const tag = asked.reference.tag ?? '';
    if (found === undefined) {
        const missing = { image: asked.text, exists: false, name, tag };
        return askedFor === 'all' ? [missing] : askedFor.map((each) => ({ ...missing, platform: (0,oci_platform/* formatPlatform */.Bq)(each) }));
    }
    const { image, subjects } = found;
    const ofImage = {
        image: asked.text,
        exists: true,
        name,
        reference: `${name}@${image.digest}`,
        tag,
        digest: image.digest,
        indexDigest: image.entries === undefined ? '' : image.digest,
    };
    return subjects.map((subject, at) => ({
        ...ofImage,
        ...ofManifest(subject, found, files),
        ...(inspect ? ofConfig(subject) : {}),
        ...(outcome.changed === undefined ? {} : { changed: outcome.changed[at] === true }),
        ...(outcome.needsUpdating === undefined ? {} : { needsUpdating: outcome.needsUpdating[at] === true }),
    }));
}
function ofManifest({ resolution }, { image, platforms }, files) {
    const { manifest, manifestDigest, platformText } = resolution;
    return {
        manifestDigest,
        configDigest: manifest.config.digest,
        layers: manifest.layers.map(({ digest, size, mediaType }) => ({ digest, size, mediaType })),
        mediaType: image.mediaType,
        platform: platformText,
        platforms,
        size: manifest.size,
        annotations: manifest.annotations,
        manifestPath: files.pathOf(manifestDigest),
    };
}
function ofConfig({ resolution }) {
    const content = resolution.config?.content;
    return { created: content?.created ?? '', labels: content?.labels ?? {}, diffIds: content?.diffIds ?? [] };
}

;// CONCATENATED MODULE: ./lib/src/summary.js


/** Bytes, far below the 1 MiB that the runner takes from a step. */
const longestSummary = 512 * 1024;
/** Rows of a table of layers. */
const mostLayers = 100;
/**
 * The job summary: for one manifest the levels of digests and the layers, for several one table.
 *
 * @param safe makes a text from outside fit to print
 */
function summaryOf(results, safe) {
    const [result] = results;
    const cell = (text) => escapeCell(safe(text));
    return result !== undefined && results.length === 1 ? summary_oneImage(result, cell) : manyImages(results, cell);
}
/** Writes the summary. Throws an Error that says why it cannot be written. */
function writeSummary(path, text) {
    if (path === '')
        throw new Error('GITHUB_STEP_SUMMARY is not set');
    appendToRunnerFile(path, [text]);
}
function summary_oneImage(result, cell) {
    const title = `### ${cell(result.image)}\n\n`;
    if (!result.exists)
        return `${title}This image does not exist.\n\n`;
    const { layers = [] } = result;
    const levels = [
        [
            'digest',
            result.digest,
            result.indexDigest ? 'what the reference points to: an index' : 'what the reference points to: a manifest',
        ],
        ['index-digest', result.indexDigest || '', result.indexDigest ? 'the index' : 'none, as it is no index'],
        ['manifest-digest', result.manifestDigest, `the manifest for ${result.platform || 'no platform'}`],
        ['config-digest', result.configDigest, 'the image config (image ID)'],
    ];
    const rows = levels.map(([name, digest, words]) => `| \`${name}\` | ${code(digest ?? '')} | ${cell(words)} |`);
    const shown = layers
        .slice(0, mostLayers)
        .map(({ digest, size }, at) => `| ${at + 1} | ${code(digest)} | ${humanSize(size)} |`);
    const rest = layers.length > mostLayers ? `\n${layers.length - mostLayers} more layers are left out here.\n` : '';
    return [
        title,
        `| level | digest | what it is |\n| --- | --- | --- |\n${rows.join('\n')}\n\n`,
        `| layer | digest | size |\n| --: | --- | --: |\n${shown.join('\n')}\n${rest}\n`,
        `${layers.length} layers, ${humanSize(result.size ?? 0)} with the config.\n\n`,
    ].join('');
}
function manyImages(results, cell) {
    const head = '### Image digests\n\n| image | platform | digest | manifest | size |\n| --- | --- | --- | --- | --: |\n';
    const rows = [];
    let length = head.length;
    for (const result of results) {
        const row = `${rowOf(result, cell)}\n`;
        length += Buffer.byteLength(row);
        if (length > longestSummary)
            break;
        rows.push(row);
    }
    const total = results.reduce((sum, { size = 0 }) => sum + size, 0);
    const left = results.length - rows.length;
    const rest = left === 0 ? '' : ` ${left} rows are left out here; the output \`results\` has them all.`;
    return `${head}${rows.join('')}\n${results.length} rows, ${humanSize(total)} added up.${rest}\n\n`;
}
function rowOf(result, cell) {
    if (!result.exists)
        return `| ${cell(result.image)} | ${cell(result.platform ?? '')} | does not exist | | |`;
    const { digest = '', manifestDigest = '', platform = '', size = 0 } = result;
    return `| ${cell(result.image)} | ${cell(platform)} | ${folded(digest)} | ${folded(manifestDigest)} | ${humanSize(size)} |`;
}
/** Short to look at, whole to copy. */
function folded(digest) {
    const short = digest.slice(0, digest.indexOf(':') + 1 + 12);
    return `<details><summary><code>${short}</code></summary><code>${digest}</code></details>`;
}
/** A digest, or nothing. */
function code(digest) {
    return digest === '' ? '' : `\`${digest}\``;
}
/** Everything that Markdown or HTML could act on becomes a character reference, and so does what makes a link of a URL. */
function escapeCell(text) {
    return text.replace(/[^A-Za-z0-9 ./,:-]|:(?=\/)|(?<=www)\./gu, (character) => `&#x${character.codePointAt(0)?.toString(16)};`);
}

;// CONCATENATED MODULE: ./lib/src/rehearsal.js











const [indexType, , manifestType] = manifestTypes;
/**
 * Resolves an image that is made up, from a registry that is made up, and has no effect. JavaScript is compiled when it
 * is first called: done while the first answer is under way, that costs no time; done when it is there, up to 10 ms.
 */
async function rehearse(inputs, log) {
    const { send, images } = madeUp();
    const silent = { ...log, line: log.safe, group: (title, lines) => void [title, ...lines].map(log.safe) };
    const credentials = async () => undefined;
    const client = openClient({ send, credentials, authHosts: new Map(), plainHttp: new Set(), keepToken: () => { } }, systemClock);
    const { outcomes } = await resolveImages({ ...inputs, ...plainly(), images }, client, silent);
    const files = { pathOf: () => '', discard: () => { } };
    const results = outcomes.map((outcome) => resultsOf(outcome, files, inputs));
    for (const result of results.flat())
        printResult(silent, result);
    summaryOf(results.flat(), log.safe);
    return outputsOf(outcomes, results, files, true);
}
/** What is asked of the image: nothing that could fail, wait or fetch another. */
function plainly() {
    return {
        platforms: [(0,oci_platform/* parsePlatform */.FL)('linux/amd64')],
        gates: { expectedDigests: [], expectedLabels: [], requiredPlatforms: [], verifyBlobs: false },
        waitTimeout: 0,
        compareWith: undefined,
        baseImage: undefined,
    };
}
function madeUp() {
    const documents = new Map();
    const put = (mediaType, content) => {
        const bytes = Buffer.from(JSON.stringify(content));
        const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
        documents.set(descriptor.digest, { bytes, mediaType });
        return descriptor;
    };
    const platform = { os: 'linux', architecture: 'amd64' };
    const config = put('application/vnd.oci.image.config.v1+json', {
        ...platform,
        created: '2026-01-01T00:00:00Z',
        rootfs: { diff_ids: [] },
    });
    const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: config.digest, size: 1 };
    const manifest = put(manifestType, { schemaVersion: 2, mediaType: manifestType, config, layers: [layer] });
    const manifests = [{ ...manifest, platform }];
    const { digest } = put(indexType, { schemaVersion: 2, mediaType: indexType, manifests });
    const challenge = 'Bearer realm="https://example.org/token",service="example.org"';
    const send = async ({ url, phase, headers }) => {
        if (phase === 'token')
            return { url, status: 200, headers: {}, body: Buffer.from('{"token":"made-up"}') };
        const body = Buffer.alloc(0);
        if (!headers['authorization'])
            return { url, status: 401, headers: { 'www-authenticate': [challenge] }, body };
        const { bytes, mediaType } = documents.get(url.pathname.split('/').at(-1) ?? '') ?? { bytes: body, mediaType: '' };
        return { url, status: 200, headers: { 'content-type': [mediaType] }, body: bytes };
    };
    const text = `example.org/made-up@${digest}`;
    return { send, images: [{ text, reference: (0,oci_reference/* parseReference */.F2)(text) }] };
}

;// CONCATENATED MODULE: ./lib/src/saved-files.js



/**
 * Writes every document of the outcomes into a new folder below `temp`, each named by its digest, so that nothing from
 * outside becomes part of a path.
 *
 * @param temp `RUNNER_TEMP`
 * @throws ActionError `runner-error`
 */
function saveFiles(temp, outcomes) {
    const documents = documentsOf(outcomes);
    const folder = documents.size === 0 ? '' : makeFolder(temp);
    const pathOf = (digest) => (0,external_node_path_.join)(folder, `${digest.replace(':', '-')}.json`);
    const discard = () => {
        if (folder !== '')
            (0,external_node_fs_namespaceObject.rmSync)(folder, { recursive: true, force: true });
    };
    orFail(temp, () => {
        try {
            for (const [digest, bytes] of documents)
                (0,external_node_fs_namespaceObject.writeFileSync)(pathOf(digest), bytes, { flag: 'wx' });
        }
        catch (error) {
            // What was written in part has not the digest that it is named by.
            discard();
            throw error;
        }
    });
    return { pathOf, discard };
}
function documentsOf(outcomes) {
    const documents = new Map();
    for (const { found } of outcomes) {
        if (found === undefined)
            continue;
        documents.set(found.image.digest, found.image.bytes);
        for (const { resolution } of found.subjects) {
            documents.set(resolution.manifestDigest, resolution.manifestBytes);
            if (resolution.config)
                documents.set(resolution.manifest.config.digest, resolution.config.bytes);
        }
    }
    return documents;
}
function makeFolder(temp) {
    if (temp === '')
        throw unwritable('it is not set');
    return orFail(temp, () => (0,external_node_fs_namespaceObject.mkdtempSync)((0,external_node_path_.join)(temp, 'image-digests-')));
}
function orFail(temp, write) {
    try {
        return write();
    }
    catch (error) {
        throw unwritable(`${temp}: ${(0,action_error/* messageOf */.bD)(error)}`, error);
    }
}
function unwritable(why, cause) {
    return new action_error/* ActionError */.lZ('runner-error', `RUNNER_TEMP cannot be written: ${why}`, {
        advice: 'The runner sets RUNNER_TEMP to a folder for each job; look at the runner and its disk.',
        cause,
    });
}

;// CONCATENATED MODULE: ./lib/src/version.js
/** The version in `package.json`, which a test holds against this one. */
const version = '1.0.0';

;// CONCATENATED MODULE: ./lib/src/main.js
















/** Milliseconds that a run may take besides waiting and looking: helpers, files, and the end of both. */
const slack = 30_000;
/** Milliseconds that a timer can count: four times as long as a job may take. */
const longestTimer = 2 ** 31 - 1;
/**
 * Runs the step: inputs, registries, gates, outputs. Prints every failure.
 *
 * @returns whether every output that was asked for came from verified bytes and has been written
 */
async function main_run(prepared, log, watch) {
    (0,src_inputs/* readSecrets */.ql)().forEach(log.keepSecret);
    const files = (0,src_inputs/* readRunnerFiles */.qX)();
    try {
        if ((0,src_inputs/* insistOnCertificates */.OE)())
            log.warning('NODE_TLS_REJECT_UNAUTHORIZED is ignored: certificates are always checked.');
        const inputs = prepared.inputs();
        watch.limit(Math.min(inputs.waitTimeout + longestLooks(inputs) + slack, longestTimer));
        const { outcomes, failures } = await resolve(inputs, prepared.early, log);
        if (watch.isOver())
            return false;
        if (failures.length > 0)
            return fail(log, files, failures);
        publish(inputs, outcomes, files, log);
        return true;
    }
    catch (error) {
        return !watch.isOver() && fail(log, files, [{ error, about: '' }]);
    }
}
async function resolve(inputs, early, log) {
    const { send, close } = httpTransport(`image-digests/${version}`, early);
    try {
        // What goes wrong in a rehearsal will go wrong in earnest, and be told then.
        const rehearsed = whileWaiting(send, () => rehearse(inputs, log).catch(() => undefined));
        return await resolveImages(inputs, clientFor(inputs, log, rehearsed), log);
    }
    finally {
        close();
    }
}
function clientFor(inputs, log, send) {
    const { images, compareWith, baseImage, authHosts, plainHttp } = inputs;
    const references = [...images.map(({ reference }) => reference), compareWith, baseImage].filter((it) => it !== undefined);
    const listener = {
        keepSecret: log.keepSecret,
        warn: (message, said) => log.warning(said === undefined ? message : `${message} It said: ${log.quote(said)}`),
    };
    const { registry } = inputs.credentials.input ?? {};
    if (registry !== undefined && !references.some((reference) => reference.registry === registry)) {
        log.warning(`username and password are for ${registry}, which no image is on: they are not used.`);
    }
    const credentials = openCredentials(inputs.credentials, references, listener);
    return openClient({ send, credentials, authHosts, plainHttp, keepToken: log.keepToken }, systemClock);
}
/** Sets the outputs, then writes what is good to have: only the former can fail the step. */
function publish(inputs, outcomes, runner, log) {
    const files = saveFiles(runner.temp, outcomes);
    const results = outcomes.map((outcome) => resultsOf(outcome, files, inputs));
    const isOnePlatform = inputs.platforms !== 'all' && inputs.platforms.length === 1;
    try {
        if (outcomes.length === 1)
            for (const result of results.flat())
                printResult(log, result);
        writeOutputs(runner.output, outputsOf(outcomes, results, files, isOnePlatform));
    }
    catch (error) {
        files.discard();
        throw error;
    }
    if (inputs.summary)
        trySummary(results.flat(), runner, log);
}
function trySummary(results, runner, log) {
    try {
        writeSummary(runner.summary, summaryOf(results, log.safe));
    }
    catch (error) {
        log.warning(`The job summary cannot be written: ${(0,action_error/* messageOf */.bD)(error)}`);
    }
}

;// CONCATENATED MODULE: ./lib/src/step.js





/** Milliseconds for the last lines to be read. */
const longestFlush = 5_000;
/** Runs the step to the end of the process: nothing that happens in between ends it otherwise than failed. */
async function runStep(prepared) {
    // What Node thinks of a library is no news to the author of a workflow, and would reach the log past its one writer.
    process.removeAllListeners('warning');
    const log = openLog();
    let isOver = false;
    /** Ends the process, failed, with the reason as an annotation unless the run has had its say. */
    const abandon = (error) => {
        if (!isOver)
            fail(log, (0,src_inputs/* readRunnerFiles */.qX)(), [{ error, about: '' }]);
        isOver = true;
        void endProcess(1);
    };
    process.on('uncaughtException', abandon);
    process.on('unhandledRejection', abandon);
    process.on('beforeExit', () => {
        abandon(new action_error/* ActionError */.lZ('internal', 'The run came to an end without a result.'));
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        process.on(signal, () => {
            abandon(new action_error/* ActionError */.lZ('timeout', `The step was ended by ${signal} before it was done; no output is set.`));
        });
    }
    const succeeded = await main_run(prepared, log, {
        limit(milliseconds) {
            const late = () => abandon(new action_error/* ActionError */.lZ('timeout', `The run took longer than ${milliseconds / 1000} seconds.`));
            setTimeout(late, milliseconds).unref();
        },
        isOver: () => isOver,
    });
    isOver = true;
    return endProcess(succeeded ? 0 : 1);
}
/**
 * Ends the process when what was printed has been read, or nobody reads it. Whatever is still open belongs to no output:
 * a proxy that hangs must not hold up the job.
 */
function endProcess(code) {
    const end = () => process.exit(code);
    setTimeout(end, longestFlush);
    return new Promise(() => process.stdout.write('', end));
}


/***/ })

/******/ 	});
/************************************************************************/
/******/ 	// The module cache
/******/ 	var __webpack_module_cache__ = {};
/******/ 	
/******/ 	// The require function
/******/ 	function __nccwpck_require__(moduleId) {
/******/ 		// Check if module is in cache
/******/ 		var cachedModule = __webpack_module_cache__[moduleId];
/******/ 		if (cachedModule !== undefined) {
/******/ 			return cachedModule.exports;
/******/ 		}
/******/ 		// Create a new module (and put it into the cache)
/******/ 		var module = __webpack_module_cache__[moduleId] = {
/******/ 			// no module.id needed
/******/ 			// no module.loaded needed
/******/ 			exports: {}
/******/ 		};
/******/ 	
/******/ 		// Execute the module function
/******/ 		var threw = true;
/******/ 		try {
/******/ 			__webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
/******/ 			threw = false;
/******/ 		} finally {
/******/ 			if(threw) delete __webpack_module_cache__[moduleId];
/******/ 		}
/******/ 	
/******/ 		// Return the exports of the module
/******/ 		return module.exports;
/******/ 	}
/******/ 	
/************************************************************************/
/******/ 	/* webpack/runtime/asset-relocator-loader */
/******/ 	if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = __dirname + "/";
/******/ 	
/******/ 	/* webpack/runtime/create fake namespace object */
/******/ 	(() => {
/******/ 		var getProto = Object.getPrototypeOf ? (obj) => (Object.getPrototypeOf(obj)) : (obj) => (obj.__proto__);
/******/ 		var leafPrototypes;
/******/ 		// create a fake namespace object
/******/ 		// mode & 1: value is a module id, require it
/******/ 		// mode & 2: merge all properties of value into the ns
/******/ 		// mode & 4: return value when already ns object
/******/ 		// mode & 16: return value when it's Promise-like
/******/ 		// mode & 8|1: behave like require
/******/ 		__nccwpck_require__.t = function(value, mode) {
/******/ 			if(mode & 1) value = this(value);
/******/ 			if(mode & 8) return value;
/******/ 			if(typeof value === 'object' && value) {
/******/ 				if((mode & 4) && value.__esModule) return value;
/******/ 				if((mode & 16) && typeof value.then === 'function') return value;
/******/ 			}
/******/ 			var ns = Object.create(null);
/******/ 			__nccwpck_require__.r(ns);
/******/ 			var def = {};
/******/ 			leafPrototypes = leafPrototypes || [null, getProto({}), getProto([]), getProto(getProto)];
/******/ 			for(var current = mode & 2 && value; typeof current == 'object' && !~leafPrototypes.indexOf(current); current = getProto(current)) {
/******/ 				Object.getOwnPropertyNames(current).forEach((key) => (def[key] = () => (value[key])));
/******/ 			}
/******/ 			def['default'] = () => (value);
/******/ 			__nccwpck_require__.d(ns, def);
/******/ 			return ns;
/******/ 		};
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/define property getters */
/******/ 	(() => {
/******/ 		// define getter functions for harmony exports
/******/ 		__nccwpck_require__.d = (exports, definition) => {
/******/ 			for(var key in definition) {
/******/ 				if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 					Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 				}
/******/ 			}
/******/ 		};
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/hasOwnProperty shorthand */
/******/ 	(() => {
/******/ 		__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/make namespace object */
/******/ 	(() => {
/******/ 		// define __esModule on exports
/******/ 		__nccwpck_require__.r = (exports) => {
/******/ 			if(typeof Symbol !== 'undefined' && Symbol.toStringTag) {
/******/ 				Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' });
/******/ 			}
/******/ 			Object.defineProperty(exports, '__esModule', { value: true });
/******/ 		};
/******/ 	})();
/******/ 	
/************************************************************************/
var __webpack_exports__ = {};
// This entry need to be wrapped in an IIFE because it need to be in strict mode.
(() => {
"use strict";

// EXTERNAL MODULE: ./lib/src/inputs.js + 3 modules
var src_inputs = __nccwpck_require__(248);
// EXTERNAL MODULE: ./lib/src/registry/early.js
var early = __nccwpck_require__(895);
;// CONCATENATED MODULE: ./lib/src/prepare.js


/** Reads the inputs, and opens connections to the registries that they name. Prints nothing and throws nothing. */
function prepare() {
    try {
        const inputs = (0,src_inputs/* readInputs */.Ko)();
        const { images, plainHttp, isProxied } = inputs;
        const registries = images.map(({ reference }) => reference.registry).filter((registry) => !plainHttp.has(registry));
        return { inputs: () => inputs, early: (0,early/* openEarly */.o)(isProxied ? [] : registries) };
    }
    catch (error) {
        const inputs = () => {
            throw error;
        };
        return { inputs, early: (0,early/* openEarly */.o)([]) };
    }
}

;// CONCATENATED MODULE: ./lib/src/index.js

// The exit code is 1 until the outputs are written: no path that was not thought of ends green.
process.exitCode = 1;
void start();
/** Opens connections, and loads the greater part of the program while they are under way, which takes as long. */
async function start() {
    const prepared = prepare();
    // Lets the connections start.
    for (let turn = 0; turn < 2; turn += 1)
        await new Promise((resolve) => setImmediate(resolve));
    const { runStep } = await Promise.resolve(/* import() eager */).then(__nccwpck_require__.bind(__nccwpck_require__, 108));
    await runStep(prepared);
}

})();

module.exports = __webpack_exports__;
/******/ })()
;