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


var net = __nccwpck_require__(9278);
var tls = __nccwpck_require__(4756);
var http = __nccwpck_require__(8611);
var https = __nccwpck_require__(5692);
var events = __nccwpck_require__(4434);
var assert = __nccwpck_require__(2613);
var util = __nccwpck_require__(9023);


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

/***/ 2613:
/***/ ((module) => {

"use strict";
module.exports = require("assert");

/***/ }),

/***/ 6982:
/***/ ((module) => {

"use strict";
module.exports = require("crypto");

/***/ }),

/***/ 4434:
/***/ ((module) => {

"use strict";
module.exports = require("events");

/***/ }),

/***/ 8611:
/***/ ((module) => {

"use strict";
module.exports = require("http");

/***/ }),

/***/ 5692:
/***/ ((module) => {

"use strict";
module.exports = require("https");

/***/ }),

/***/ 9278:
/***/ ((module) => {

"use strict";
module.exports = require("net");

/***/ }),

/***/ 1421:
/***/ ((module) => {

"use strict";
module.exports = require("node:child_process");

/***/ }),

/***/ 7598:
/***/ ((module) => {

"use strict";
module.exports = require("node:crypto");

/***/ }),

/***/ 3024:
/***/ ((module) => {

"use strict";
module.exports = require("node:fs");

/***/ }),

/***/ 7030:
/***/ ((module) => {

"use strict";
module.exports = require("node:net");

/***/ }),

/***/ 6760:
/***/ ((module) => {

"use strict";
module.exports = require("node:path");

/***/ }),

/***/ 4756:
/***/ ((module) => {

"use strict";
module.exports = require("tls");

/***/ }),

/***/ 9023:
/***/ ((module) => {

"use strict";
module.exports = require("util");

/***/ }),

/***/ 5819:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   T: () => (/* binding */ documentBudget),
/* harmony export */   g: () => (/* binding */ byteBudget)
/* harmony export */ });
/* harmony import */ var _error_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(9488);

/** Bytes that all documents of a run may have together: many hundred images, and less than the memory of a runner. */
const maxRunBytes = 20 * 1024 * 1024;
/** The budget for the documents of a run. */
function documentBudget() {
    return byteBudget(maxRunBytes, 'The documents of this step');
}
/** A budget of so many bytes. `what` begins the message when they are used up. */
function byteBudget(maxBytes, what) {
    const counted = new Set();
    let left = maxBytes;
    return {
        take(digest, bytes) {
            if (counted.has(digest))
                return;
            counted.add(digest);
            left -= bytes;
            if (left < 0)
                throw new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('too-large', `${what} have more than ${maxBytes} bytes.`);
        },
    };
}


/***/ }),

/***/ 9488:
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
    'not-attested',
    'not-verified',
    'trust-root',
    'wait-timeout',
    'timeout',
    'network',
    'tls',
    'registry-error',
    'runner-error',
    'internal',
]));
/** The message of whatever was thrown. */
function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}
/** The only error that this program throws on purpose. Its text may hold words from outside. */
class ActionError extends Error {
    code;
    remoteMessage;
    advice;
    transient;
    cause;
    constructor(code, message, details = {}) {
        super(message);
        this.name = 'ActionError';
        this.code = code;
        this.remoteMessage = details.remoteMessage;
        this.advice = details.advice;
        this.transient = details.transient ?? false;
        this.cause = details.cause;
    }
    /** The same error with some of it changed. */
    with(changes) {
        const { code = this.code, message = this.message, ...details } = changes;
        const { remoteMessage, advice, transient, cause } = this;
        return new ActionError(code, message, { remoteMessage, advice, transient, cause, ...details });
    }
}


/***/ }),

/***/ 6618:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Bc: () => (/* binding */ isDigest),
/* harmony export */   Hy: () => (/* binding */ algorithmOf),
/* harmony export */   ZD: () => (/* binding */ hexOf),
/* harmony export */   _Q: () => (/* binding */ isDigestOf),
/* harmony export */   m: () => (/* binding */ parseDigest),
/* harmony export */   ol: () => (/* binding */ digestOf)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7598);
/* harmony import */ var _error_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(9488);


/** The registered algorithms, with the length of their lower-case hex. */
const hexLengths = { sha256: 64, sha512: 128 };
/** Characters of a bad digest that are quoted. */
const maxQuotedLength = 140;
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
        throw new _error_js__WEBPACK_IMPORTED_MODULE_1__/* .ActionError */ .lZ('unsupported', `The digest algorithm ${algorithm} is not supported: only sha256 and sha512 can be verified.`);
    }
    throw new _error_js__WEBPACK_IMPORTED_MODULE_1__/* .ActionError */ .lZ(malformed, `"${text.slice(0, maxQuotedLength)}" is not a digest.`, {
        advice: 'A digest is sha256: and 64, or sha512: and 128 lower-case hexadecimal digits.',
    });
}
/** The digest of exactly these bytes. */
function digestOf(bytes, algorithm = 'sha256') {
    return `${algorithm}:${(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)(algorithm).update(bytes).digest('hex')}`;
}
/** Whether `digest` is that of exactly these bytes. */
function isDigestOf(bytes, digest) {
    return digestOf(bytes, algorithmOf(digest)) === digest;
}
/** The algorithm that `digest` is made with. */
function algorithmOf(digest) {
    return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}
/** The hexadecimal digits of a digest. */
function hexOf(digest) {
    return digest.slice(digest.indexOf(':') + 1);
}
function isAlgorithm(name) {
    return Object.hasOwn(hexLengths, name);
}


/***/ }),

/***/ 8879:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   ED: () => (/* binding */ asSize),
/* harmony export */   Hm: () => (/* binding */ asMediaType),
/* harmony export */   J6: () => (/* binding */ asDigest),
/* harmony export */   Jj: () => (/* binding */ asOptionalTexts),
/* harmony export */   U7: () => (/* binding */ asTextMap),
/* harmony export */   _j: () => (/* binding */ asArray),
/* harmony export */   ad: () => (/* binding */ asArrayOrNull),
/* harmony export */   eB: () => (/* binding */ asObject),
/* harmony export */   gy: () => (/* binding */ asOptionalText),
/* harmony export */   j4: () => (/* binding */ refuseCaseVariants)
/* harmony export */ });
/* unused harmony export asText */
/* harmony import */ var _error_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(9488);
/* harmony import */ var _digest_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6618);


const restrictedName = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}';
const mediaTypePattern = new RegExp(`^${restrictedName}/${restrictedName}$`);
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
/** Takes `value` as an array; empty when it is null, as Go writes a list without items. */
function asArrayOrNull(value, what) {
    return value === null ? [] : asArray(value, what);
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
/**
 * Takes `value` as a media type, without parameters.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6838#section-4.2
 */
function asMediaType(value, what) {
    const text = asText(value, what);
    if (!mediaTypePattern.test(text))
        throw wrong(what, 'a media type');
    return text;
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
        return (0,_digest_js__WEBPACK_IMPORTED_MODULE_1__/* .parseDigest */ .m)(text, 'invalid-manifest');
    }
    catch (error) {
        throw error instanceof _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ ? error.with({ message: `${what}: ${error.message}` }) : error;
    }
}
/**
 * Refuses keys that differ from a known field only in case, as Go's reader takes them for the same.
 * Folding by upper and then lower case catches `ſ` and the Kelvin sign, as Go does.
 */
function refuseCaseVariants(object, fields, what) {
    for (const key of Object.keys(object)) {
        const folded = fold(key);
        if (fields.some((name) => name !== key && fold(name) === folded)) {
            throw new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('invalid-manifest', `"${key}" in ${what} differs from a known field only in case.`);
        }
    }
}
function fold(text) {
    return text.toUpperCase().toLowerCase();
}
function wrong(what, expected) {
    return new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('invalid-manifest', `${what} is not ${expected}.`);
}


/***/ }),

/***/ 3192:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   o: () => (/* binding */ parseHost)
/* harmony export */ });
/** The longest DNS name, in characters, and room for a port. */
const maxHostLength = 253 + ':65535'.length;
const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const hostPattern = new RegExp(`^(${label}(?:\\.${label})*|\\[[0-9a-f:]+\\])(?::([1-9][0-9]{0,4}))?$`);
/**
 * Reads `host[:port]` as it stands in a reference, and gives it back lower-cased; undefined when it is not one.
 *
 * A host that a URL would rewrite (`0x7f.1`, `127.1`) is not one: what is checked must be what is contacted.
 *
 * @see https://github.com/distribution/reference/blob/v0.6.0/regexp.go
 */
function parseHost(text) {
    if (text.length > maxHostLength)
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

/***/ 2584:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   H: () => (/* binding */ parseRecord),
/* harmony export */   q: () => (/* binding */ asRecord)
/* harmony export */ });
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


/***/ }),

/***/ 2041:
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
/* harmony export */   og: () => (/* binding */ isRepositoryPath),
/* harmony export */   we: () => (/* binding */ wireHost)
/* harmony export */ });
/* harmony import */ var _error_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(9488);
/* harmony import */ var _digest_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6618);
/* harmony import */ var _host_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(3192);



/** The registry that a name without a host belongs to. */
const dockerHub = 'docker.io';
/** All names of the Hub. */
const hubHosts = [dockerHub, 'index.docker.io', 'registry-1.docker.io'];
/** Characters in a repository path, by the distribution specification. */
const maxPathLength = 255;
/** More than any reference can have: host, path, tag and a sha512 digest. */
const maxReferenceLength = 1024;
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
/** Whether a text is the path of a repository, or the beginning of one. */
function isRepositoryPath(text) {
    return text.length <= maxPathLength && pathPattern.test(text);
}
/** The `host[:port]` that requests for `registry` go to. */
function wireHost(registry) {
    return registry === dockerHub ? 'registry-1.docker.io' : registry;
}
/** The part of a reference that holds a user name and a password: it stands before an `@`, a host and a slash. */
const userinfo = /^.*@(?=(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?\/)/;
/** `text` as it may be shown in a message: as it was written, but for a user name and password. */
function withoutUserinfo(text) {
    return text.replace(userinfo, '…@');
}
function refuseMistakes(text) {
    if (text === '')
        throw invalid(text, 'it is empty.');
    if (text.length > maxReferenceLength) {
        throw invalid(`${text.slice(0, 40)}…`, `it is longer than ${maxReferenceLength} characters.`);
    }
    if (/^https?:\/\//i.test(text)) {
        throw invalid(text, 'it is a URL.', 'Write the reference without http:// or https://, as for docker pull.');
    }
    const local = transports.exec(text);
    if (local !== null)
        throw invalid(text, 'it names a local image.', localImageAdvice(local[0], text));
    if (/^sha(?:256|512):/.test(text) || /^[0-9a-f]{64}$/.test(text)) {
        throw invalid(text, 'it is a digest or an image ID without a repository.', 'Write name@sha256:….');
    }
    if (/[^\x21-\x7e]/.test(text)) {
        throw invalid(text, 'it holds white space or a character that is not ASCII.', 'Write one reference per line and nothing else.');
    }
}
/** Of the transports of skopeo and crane, those for layouts have a line that works here. */
function localImageAdvice(transport, text) {
    const path = withoutUserinfo(text.slice(transport.length));
    if (/^(?:oci|oci-archive):$/i.test(transport))
        return `Write oci-layout://${path}.`;
    return /^docker-archive:$/i.test(transport)
        ? `Write oci-layout://${path}, for a file that Docker 25 or newer saved.`
        : 'Write the reference as for docker pull, or oci-layout://PATH for an image in a local layout.';
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
        if (!(error instanceof _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ))
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
    if (isRepositoryPath(path))
        return;
    const lower = path.toLowerCase();
    const written = text.includes(path) ? path : path.slice('library/'.length);
    if (path.length > maxPathLength)
        throw invalid(text, `its path is longer than ${maxPathLength} characters.`);
    if (pathPattern.test(lower)) {
        throw invalid(text, 'repository names are lower case.', `Write ${text.replace(written, written.toLowerCase())}; where the name comes from github.repository, lower-case it first.`);
    }
    throw invalid(text, `"${path}" is not a repository path.`, 'A path has lower-case letters and digits, single separators (. _ __ -) between them, and slashes.');
}
function invalid(text, why, advice) {
    return new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('invalid-input', `"${withoutUserinfo(text)}" is not an image reference: ${why}`, { advice });
}


/***/ }),

/***/ 9086:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   R: () => (/* binding */ parseStrictJson)
/* harmony export */ });
/* harmony import */ var _error_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(9488);

/** Levels of nesting; no OCI document has ten. */
const maxDepth = 64;
/** Values in one document, so that 4 MiB of brackets cannot become 300 MiB of objects. */
const maxValues = 100_000;
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
    catch {
        throw new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('invalid-manifest', 'The document is not UTF-8.');
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
        if (this.#values > maxValues)
            throw this.#error(`more than ${maxValues} values`);
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
        if (depth > maxDepth)
            throw this.#error(`more than ${maxDepth} levels`);
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
        return new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('invalid-manifest', `Not strict JSON: ${what}, at character ${this.#at}.`);
    }
}


/***/ }),

/***/ 3529:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   $C: () => (/* binding */ statusError),
/* harmony export */   $s: () => (/* binding */ remoteMessageOf),
/* harmony export */   G3: () => (/* binding */ bodyText),
/* harmony export */   PI: () => (/* binding */ errorMessageIn),
/* harmony export */   ip: () => (/* binding */ logInAdvice),
/* harmony export */   tU: () => (/* binding */ isErrorList)
/* harmony export */ });
/* harmony import */ var _error_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(9488);
/* harmony import */ var _oci_json_record_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(2584);
/* harmony import */ var _transport_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(2436);



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
function bodyText(body) {
    return new TextDecoder().decode(body);
}
/** What to do where anonymous users are limited most. */
const logInAdvice = 'Log in, as limits are higher for users with an account, or run the job later.';
/**
 * What an error response says, in the registry's own words: `CODE: message` of the distribution specification, an OAuth
 * error, or the beginning of whatever else it is.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
function remoteMessageOf(response) {
    const text = bodyText(response.body);
    return errorMessageIn((0,_oci_json_record_js__WEBPACK_IMPORTED_MODULE_1__/* .parseRecord */ .H)(text)) ?? (text.trim() === '' ? undefined : text);
}
/**
 * Whether the body is an error list of the distribution specification, which only a registry sends.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
function isErrorList({ body }) {
    const errors = (0,_oci_json_record_js__WEBPACK_IMPORTED_MODULE_1__/* .parseRecord */ .H)(bodyText(body))?.['errors'];
    return (Array.isArray(errors) && errors.length > 0 && errors.every((error) => typeof (0,_oci_json_record_js__WEBPACK_IMPORTED_MODULE_1__/* .asRecord */ .q)(error)?.['code'] === 'string'));
}
/**
 * The error for a response that is not what was requested: `rate-limited` for 429, `denied` for 403, `unauthorized` for
 * 401, else `registry-error`. What a 404 means is decided by the caller.
 *
 * @param what the beginning of the message, without its status
 */
function statusError(response, what) {
    const quota = response.status === 429 ? quotaOf(response) : '';
    return new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ(codeOf(response.status), `${what}: ${response.url.host} responded ${response.status}${quota}.`, {
        remoteMessage: remoteMessageOf(response),
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
        return logInAdvice;
    return status >= 500 ? 'This is a fault of the registry: check its status page, then run the job again.' : undefined;
}
function quotaOf(response) {
    const quota = quotaHeaders.flatMap((name) => {
        const value = (0,_transport_js__WEBPACK_IMPORTED_MODULE_2__/* .header */ .wx)(response, name);
        return value === undefined ? [] : [`${name}: ${value}`];
    });
    return quota.length === 0 ? '' : ` (${quota.join(', ')})`;
}
/** The message of an error in a JSON document; undefined when it holds none. */
function errorMessageIn(document) {
    const errors = Array.isArray(document?.['errors']) ? document['errors'] : [document];
    const lines = errors.flatMap((error) => {
        const { code, message, error: name, error_description: description, details } = (0,_oci_json_record_js__WEBPACK_IMPORTED_MODULE_1__/* .asRecord */ .q)(error) ?? {};
        const parts = [code ?? name, message ?? description ?? details].filter((part) => typeof part === 'string');
        return parts.length === 0 ? [] : [parts.join(': ')];
    });
    return lines.length === 0 ? undefined : lines.join('; ');
}


/***/ }),

/***/ 2436:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   CO: () => (/* binding */ bareHostname),
/* harmony export */   HM: () => (/* binding */ portOf),
/* harmony export */   J6: () => (/* binding */ isSameOrigin),
/* harmony export */   Kg: () => (/* binding */ isGood),
/* harmony export */   wx: () => (/* binding */ header)
/* harmony export */ });
/** Whether a response is what was asked for. */
function isGood({ status }) {
    return status >= 200 && status < 300;
}
/** The first value of a header, by its lower-case name. */
function header({ headers }, name) {
    return headers[name]?.[0];
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
/** The host name of `url` as `node:net` takes it: IPv6 without its brackets. */
function bareHostname(url) {
    return url.hostname.replace(/^\[(.*)\]$/, '$1');
}


/***/ }),

/***/ 6115:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   j: () => (/* binding */ knownChallenge),
/* harmony export */   o: () => (/* binding */ knownTokenHosts)
/* harmony export */ });
/* harmony import */ var _oci_reference_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(2041);

/**
 * Token services that are known, by their operators' documentation and clients, to serve a registry under another name:
 * they may see its credentials.
 */
const knownTokenHosts = {
    [_oci_reference_js__WEBPACK_IMPORTED_MODULE_0__/* .dockerHub */ .UD]: 'auth.docker.io',
    'registry.gitlab.com': 'gitlab.com',
    'nvcr.io': 'authn.nvidia.com',
};
/** Registries whose challenge is known beforehand, so that the token can be fetched while the challenge is on its way. */
const challenges = {
    [_oci_reference_js__WEBPACK_IMPORTED_MODULE_0__/* .dockerHub */ .UD]: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io' },
    'ghcr.io': { realm: 'https://ghcr.io/token', service: 'ghcr.io' },
};
/** The challenge of a registry, where it is known beforehand. */
function knownChallenge(registry) {
    return Object.hasOwn(challenges, registry) ? challenges[registry] : undefined;
}


/***/ }),

/***/ 8741:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Jc: () => (/* binding */ addressClass),
/* harmony export */   Kn: () => (/* binding */ nameClass),
/* harmony export */   XC: () => (/* binding */ isPublicName)
/* harmony export */ });
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7030);

/** @see https://www.iana.org/assignments/iana-ipv4-special-registry */
const ranges4 = [
    ['169.254.0.0', 16, 'forbidden'],
    ['100.100.100.200', 32, 'forbidden'],
    ['168.63.129.16', 32, 'forbidden'],
    ['192.0.0.192', 32, 'forbidden'],
    ['255.255.255.255', 32, 'forbidden'],
    ['224.0.0.0', 4, 'forbidden'],
    ['127.0.0.0', 8, 'loopback'],
    ['0.0.0.0', 8, 'loopback'],
    ['10.0.0.0', 8, 'private'],
    ['172.16.0.0', 12, 'private'],
    ['192.168.0.0', 16, 'private'],
    ['100.64.0.0', 10, 'private'],
    ['192.0.0.0', 24, 'private'],
    ['198.18.0.0', 15, 'private'],
    // Reserved; service meshes resolve the names of outside hosts to it.
    ['240.0.0.0', 4, 'private'],
];
/** @see https://www.iana.org/assignments/iana-ipv6-special-registry */
const ranges6 = [
    ['fe80::', 10, 'forbidden'],
    ['fd00:ec2::', 32, 'forbidden'],
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
    const own = classify(bits, 128, ranges6, bits6);
    if (own !== 'public')
        return own;
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

/***/ 7335:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Q: () => (/* binding */ trustFor)
/* harmony export */ });
/* harmony import */ var _error_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(9488);
/* harmony import */ var _oci_reference_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(2041);
/* harmony import */ var _http_transport_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(2436);
/* harmony import */ var _known_registries_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(6115);
/* harmony import */ var _address_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(8741);





/**
 * The rules for one registry (ggcr #2193, #2292, #2440; CVE-2026-33540; CVE-2026-33990; CVE-2026-48978).
 *
 * @param registry `host[:port]` as it stands in a name
 * @param namedBy the connection to the registry whose image names this one, where no user does: it may lead where a
 *   redirect may
 */
function trustFor(registry, { authHosts, plainHttp }, namedBy) {
    const own = new URL(`https://${(0,_oci_reference_js__WEBPACK_IMPORTED_MODULE_1__/* .wireHost */ .we)(registry)}`);
    const allowedHosts = authHosts.get(registry) ?? new Set();
    const isAllowed = (url) => allowedHosts.has(url.host) || allowedHosts.has(`${url.hostname}:${(0,_http_transport_js__WEBPACK_IMPORTED_MODULE_4__/* .portOf */ .HM)(url)}`);
    const isOwn = (url, { url: origin }) => url.hostname === own.hostname && (0,_http_transport_js__WEBPACK_IMPORTED_MODULE_4__/* .portOf */ .HM)(url) === (0,_http_transport_js__WEBPACK_IMPORTED_MODULE_4__/* .portOf */ .HM)(origin);
    const isListed = plainHttp.has(registry);
    const isLoopback = (0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .nameClass */ .Kn)((0,_http_transport_js__WEBPACK_IMPORTED_MODULE_4__/* .bareHostname */ .CO)(own)) === 'loopback';
    const refuse = (url, what, why) => new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('untrusted-host', `${registry} ${what} ${url.origin}, ${why}.`, {
        advice: namedBy === undefined
            ? `If you trust that host, allow it with this line in the input auth-hosts: ${registry}=${url.host}`
            : 'The publisher of the image names it. If you trust it, write its reference into the input.',
    });
    const refuseForbidden = (hostname, kinds) => {
        if (!kinds.includes('forbidden'))
            return;
        throw new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('untrusted-host', `${registry} leads to ${hostname}, a link-local or metadata address.`, {
            advice: 'Nothing allows this. A registry or name server that sends clients there attacks them.',
        });
    };
    const anyPolicy = {
        name: 'any',
        check: (hostname, addresses) => refuseForbidden(hostname, addresses.map(_address_js__WEBPACK_IMPORTED_MODULE_3__/* .addressClass */ .Jc)),
    };
    const loopbackPolicy = {
        name: 'loopback',
        check(hostname, addresses) {
            refuseForbidden(hostname, addresses.map(_address_js__WEBPACK_IMPORTED_MODULE_3__/* .addressClass */ .Jc));
            if (!addresses.every((address) => (0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .addressClass */ .Jc)(address) === 'loopback'))
                throw notLoopback(registry);
        },
    };
    // In the clear because it is this machine: then it has to be this machine.
    const ownPolicy = isLoopback && !isListed ? loopbackPolicy : anyPolicy;
    /** Public addresses, and those of the kind that the registry was reached at. */
    const policyBeside = (connection, url, what) => {
        const home = connection.address === undefined ? undefined : (0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .addressClass */ .Jc)(connection.address);
        const requireHome = (kind) => {
            if ((kind !== 'loopback' && kind !== 'private') || kind === home)
                return;
            throw refuse(url, what, `a ${kind} address, ${whereReached(connection)}`);
        };
        requireHome((0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .nameClass */ .Kn)((0,_http_transport_js__WEBPACK_IMPORTED_MODULE_4__/* .bareHostname */ .CO)(url)));
        return {
            name: `public or ${home}`,
            check(hostname, addresses) {
                const kinds = addresses.map(_address_js__WEBPACK_IMPORTED_MODULE_3__/* .addressClass */ .Jc);
                refuseForbidden(hostname, kinds);
                kinds.forEach(requireHome);
            },
        };
    };
    /** Public addresses and names, and local ones for those who are there themselves. */
    const policyForNamed = (url, connection, what) => {
        const isLocalName = (0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .nameClass */ .Kn)((0,_http_transport_js__WEBPACK_IMPORTED_MODULE_4__/* .bareHostname */ .CO)(url)) === undefined && !(0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .isPublicName */ .XC)(url.hostname);
        if (isLocalName && isPublic(connection)) {
            throw refuse(url, what, `a name of a private network, ${whereReached(connection)}`);
        }
        return policyBeside(connection, url, what);
    };
    return {
        scheme: isListed || (isLoopback && namedBy === undefined) ? 'http' : 'https',
        registry() {
            refuseForbidden(own.hostname, [(0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .nameClass */ .Kn)((0,_http_transport_js__WEBPACK_IMPORTED_MODULE_4__/* .bareHostname */ .CO)(own))]);
            return namedBy === undefined ? ownPolicy : policyForNamed(own, namedBy, 'is named at');
        },
        realm(realm, connection, withCredential) {
            const what = 'names a token realm at';
            const kind = (0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .nameClass */ .Kn)((0,_http_transport_js__WEBPACK_IMPORTED_MODULE_4__/* .bareHostname */ .CO)(realm));
            refuseForbidden(realm.hostname, [kind]);
            if (!keepsScheme(realm, connection.url))
                throw insecureRealm(registry, realm);
            if (isOwn(realm, connection))
                return ownPolicy;
            if (isAllowed(realm))
                return anyPolicy;
            const isKnown = _known_registries_js__WEBPACK_IMPORTED_MODULE_2__/* .knownTokenHosts */ .o[registry] === realm.host && realm.protocol === 'https:';
            if (withCredential && !isKnown)
                throw refuse(realm, what, 'which may not see the credentials of this registry');
            const isNear = kind === 'loopback' || kind === 'private';
            if (!isNear && (realm.protocol !== 'https:' || !(0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .isPublicName */ .XC)(realm.hostname))) {
                throw refuse(realm, what, 'which is not an https host with a public name');
            }
            return policyBeside(connection, realm, what);
        },
        redirect(target, from, connection) {
            const what = 'redirects to';
            const kind = (0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .nameClass */ .Kn)((0,_http_transport_js__WEBPACK_IMPORTED_MODULE_4__/* .bareHostname */ .CO)(target));
            refuseForbidden(target.hostname, [kind]);
            if (!keepsScheme(target, from))
                throw insecureRedirect(registry, from, target);
            if (isOwn(target, connection))
                return ownPolicy;
            if (isAllowed(target))
                return anyPolicy;
            return policyForNamed(target, connection, what);
        },
    };
}
/** Through a proxy nobody knows where the registry is: it counts as public. */
function isPublic({ address }) {
    return address === undefined || (0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .addressClass */ .Jc)(address) === 'public';
}
function whereReached({ address }) {
    if (address === undefined)
        return 'while the registry was reached through a proxy';
    return `while this connection to the registry is to ${address}, which is ${(0,_address_js__WEBPACK_IMPORTED_MODULE_3__/* .addressClass */ .Jc)(address)}`;
}
/** Whether `url` is https, or http named over http. */
function keepsScheme(url, from) {
    return url.protocol === 'https:' || (url.protocol === 'http:' && from.protocol === 'http:');
}
function notLoopback(registry) {
    return new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('untrusted-host', `${registry} has an address outside this machine.`, {
        advice: 'Plain HTTP is for loopback. If it is meant for this registry, too, list it in the input plain-http.',
    });
}
function insecureRealm(registry, realm) {
    return new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('untrusted-host', `${registry} names a token realm at ${realm.origin}, which is not https.`, {
        advice: 'Tokens are fetched over plain HTTP only for a registry that is itself spoken to over plain HTTP.',
    });
}
function insecureRedirect(registry, from, target) {
    const place = target.host === '' ? target.protocol : target.origin;
    return new _error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .lZ('untrusted-host', `${registry} redirects from ${from.origin} to ${place}.`, {
        advice: 'A redirect may lead to https, or from http to http. Ask the operator of the registry.',
    });
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
/******/ 			__webpack_modules__[moduleId].call(module.exports, module, module.exports, __nccwpck_require__);
/******/ 			threw = false;
/******/ 		} finally {
/******/ 			if(threw) delete __webpack_module_cache__[moduleId];
/******/ 		}
/******/ 	
/******/ 		// Return the exports of the module
/******/ 		return module.exports;
/******/ 	}
/******/ 	
/******/ 	// expose the modules object (__webpack_modules__)
/******/ 	__nccwpck_require__.m = __webpack_modules__;
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
/******/ 	/* webpack/runtime/ensure chunk */
/******/ 	(() => {
/******/ 		__nccwpck_require__.f = {};
/******/ 		// This file contains only the entry chunk.
/******/ 		// The chunk loading function for additional chunks
/******/ 		__nccwpck_require__.e = (chunkId) => {
/******/ 			return Promise.all(Object.keys(__nccwpck_require__.f).reduce((promises, key) => {
/******/ 				__nccwpck_require__.f[key](chunkId, promises);
/******/ 				return promises;
/******/ 			}, []));
/******/ 		};
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/get javascript chunk filename */
/******/ 	(() => {
/******/ 		// This function allow to reference async chunks
/******/ 		__nccwpck_require__.u = (chunkId) => {
/******/ 			// return url for filenames based on template
/******/ 			return "" + chunkId + ".index.js";
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
/******/ 	/* webpack/runtime/require chunk loading */
/******/ 	(() => {
/******/ 		// no baseURI
/******/ 		
/******/ 		// object to store loaded chunks
/******/ 		// "1" means "loaded", otherwise not loaded yet
/******/ 		var installedChunks = {
/******/ 			792: 1
/******/ 		};
/******/ 		
/******/ 		// no on chunks loaded
/******/ 		
/******/ 		var installChunk = (chunk) => {
/******/ 			var moreModules = chunk.modules, chunkIds = chunk.ids, runtime = chunk.runtime;
/******/ 			for(var moduleId in moreModules) {
/******/ 				if(__nccwpck_require__.o(moreModules, moduleId)) {
/******/ 					__nccwpck_require__.m[moduleId] = moreModules[moduleId];
/******/ 				}
/******/ 			}
/******/ 			if(runtime) runtime(__nccwpck_require__);
/******/ 			for(var i = 0; i < chunkIds.length; i++)
/******/ 				installedChunks[chunkIds[i]] = 1;
/******/ 		
/******/ 		};
/******/ 		
/******/ 		// require() chunk loading for javascript
/******/ 		__nccwpck_require__.f.require = (chunkId, promises) => {
/******/ 			// "1" is the signal for "already loaded"
/******/ 			if(!installedChunks[chunkId]) {
/******/ 				if(true) { // all chunks have JS
/******/ 					installChunk(require("./" + __nccwpck_require__.u(chunkId)));
/******/ 				} else installedChunks[chunkId] = 1;
/******/ 			}
/******/ 		};
/******/ 		
/******/ 		// no external install chunk
/******/ 		
/******/ 		// no HMR
/******/ 		
/******/ 		// no HMR manifest
/******/ 	})();
/******/ 	
/************************************************************************/
var __webpack_exports__ = {};
// This entry need to be wrapped in an IIFE because it need to be in strict mode.
(() => {
"use strict";

// NAMESPACE OBJECT: ./node_modules/@actions/core/lib/platform.js
var lib_platform_namespaceObject = {};
__nccwpck_require__.r(lib_platform_namespaceObject);
__nccwpck_require__.d(lib_platform_namespaceObject, {
  arch: () => (arch),
  getDetails: () => (getDetails),
  isLinux: () => (isLinux),
  isMacOS: () => (isMacOS),
  isWindows: () => (isWindows),
  platform: () => (platform)
});

// NAMESPACE OBJECT: ./node_modules/@actions/core/lib/core.js
var core_namespaceObject = {};
__nccwpck_require__.r(core_namespaceObject);
__nccwpck_require__.d(core_namespaceObject, {
  ExitCode: () => (ExitCode),
  addPath: () => (addPath),
  debug: () => (debug),
  endGroup: () => (endGroup),
  error: () => (error),
  exportVariable: () => (exportVariable),
  getBooleanInput: () => (getBooleanInput),
  getIDToken: () => (getIDToken),
  getInput: () => (getInput),
  getMultilineInput: () => (getMultilineInput),
  getState: () => (getState),
  group: () => (group),
  info: () => (info),
  isDebug: () => (isDebug),
  markdownSummary: () => (markdownSummary),
  notice: () => (notice),
  platform: () => (lib_platform_namespaceObject),
  saveState: () => (saveState),
  setCommandEcho: () => (setCommandEcho),
  setFailed: () => (setFailed),
  setOutput: () => (setOutput),
  setSecret: () => (setSecret),
  startGroup: () => (startGroup),
  summary: () => (summary),
  toPlatformPath: () => (toPlatformPath),
  toPosixPath: () => (toPosixPath),
  toWin32Path: () => (toWin32Path),
  warning: () => (warning)
});

// EXTERNAL MODULE: ./lib/src/error.js
var src_error = __nccwpck_require__(9488);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(7598);
;// CONCATENATED MODULE: ./lib/src/action/inert-json.js

const inert = new Set(Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@+=,-'));
/** Bytes that one output may have. */
const maxOutputBytes = 8 * 1024 * 1024;
/**
 * Writes JSON on one line that is inert in a shell: inside strings, everything but `A-Z a-z 0-9 _ . / : @ + = , -` is a
 * `\uXXXX` escape. No label or annotation can then break out of the script that the output is pasted into.
 *
 * @throws ActionError `too-large`, before more than 8 MiB are made
 */
function inertJson(value) {
    const parts = [];
    let room = maxOutputBytes;
    write(value, (part) => {
        room -= part.length;
        if (room < 0)
            throw outputsTooLarge('An output', maxOutputBytes);
        parts.push(part);
    });
    return parts.join('');
}
/** The error for outputs that are more than a runner should hold. */
function outputsTooLarge(what, maxBytes) {
    return new src_error/* ActionError */.lZ('too-large', `${what} has more than ${maxBytes} bytes.`, {
        advice: 'Resolve fewer images or platforms in one step, and use several steps.',
    });
}
function write(value, put) {
    if (Array.isArray(value)) {
        put('[');
        value.forEach((item, at) => {
            if (at > 0)
                put(',');
            write(item, put);
        });
        put(']');
    }
    else if (typeof value === 'object' && value !== null) {
        put('{');
        Object.entries(value)
            .filter(([, member]) => member !== undefined)
            .forEach(([key, member], at) => {
            put(`${at > 0 ? ',' : ''}${inertString(key)}:`);
            write(member, put);
        });
        put('}');
    }
    else
        put(typeof value === 'string' ? inertString(value) : JSON.stringify(value));
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

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(3024);
;// CONCATENATED MODULE: ./lib/src/action/runner-file.js

/**
 * Appends texts to a file that the runner gave. All or nothing: what was written in part is taken back. A FIFO or a
 * device is refused, as it may never take the text.
 *
 * @throws Error when it cannot be written
 */
function appendToRunnerFile(path, texts) {
    const before = (0,external_node_fs_.statSync)(path, { throwIfNoEntry: false });
    if (before !== undefined && !before.isFile())
        throw new Error('it is not a regular file');
    const file = (0,external_node_fs_.openSync)(path, 'a');
    try {
        for (const text of texts)
            writeWhole(file, Buffer.from(text));
    }
    catch (error) {
        (0,external_node_fs_.ftruncateSync)(file, before?.size ?? 0);
        throw error;
    }
    finally {
        (0,external_node_fs_.closeSync)(file);
    }
}
function writeWhole(file, bytes) {
    for (let at = 0; at < bytes.length;)
        at += (0,external_node_fs_.writeSync)(file, bytes, at);
}

;// CONCATENATED MODULE: ./lib/src/action/outputs.js




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
    'verified',
    'source-ref',
    'source-commit',
    'signer',
    'referrers',
    'layout-path',
    'layout-name',
    'results-path',
    'results',
    'error-code',
];
/** Bytes that all outputs together may have. */
const maxOutputsBytes = 16 * 1024 * 1024;
/** What a scalar output may hold of a name, so that it is harmless in a script. */
const inertName = /^[A-Za-z0-9_.:/@+-]*$/;
/**
 * The outputs of a run. Those that describe one manifest are set only when one image and one platform were requested,
 * so that none is read by mistake.
 *
 * @param results those of each image, in the same order
 * @throws ActionError `too-large`
 */
function outputsOf(images, results, files, { isOnePlatform, layoutPath }) {
    const outputs = allOutputs(images, results, files, isOnePlatform);
    if (layoutPath !== '')
        outputs['layout-path'] = layoutPath;
    const bytes = Object.values(outputs).reduce((sum, value) => sum + value.length, 0);
    if (bytes > maxOutputsBytes)
        throw outputsTooLarge('All outputs together', maxOutputsBytes);
    return outputs;
}
function allOutputs(images, results, files, isOnePlatform) {
    const common = {
        exists: String(images.every(({ exists }) => exists)),
        ...(images.length > 0 && images.every((image) => image.exists && image.verified.length > 0)
            ? { verified: 'true' }
            : {}),
        results: inertJson(results.flat()),
    };
    const [image] = images;
    const [result] = results.flat();
    if (images.length !== 1 || !image?.exists || result === undefined)
        return common;
    const referrers = image.referrers === undefined ? {} : { referrers: inertJson(image.referrers) };
    const withImage = { ...common, ...imageOutputs(result), ...referrers };
    return isOnePlatform ? { ...withImage, ...manifestOutputs(image, result, files), ...proofOutputs(image) } : withImage;
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
        const delimiter = `ghadelimiter_${(0,external_node_crypto_.randomUUID)()}`;
        return [`${name}<<${delimiter}\n${value}\n${delimiter}\n`];
    });
    try {
        if (path === '')
            throw new Error('it is not set');
        appendToRunnerFile(path, texts);
    }
    catch (error) {
        throw new src_error/* ActionError */.lZ('runner-error', `GITHUB_OUTPUT cannot be written: ${(0,src_error/* messageOf */.bD)(error)}`, {
            advice: 'The runner sets GITHUB_OUTPUT to a file for each step; check the runner and its disk.',
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
        ...(result.name === undefined ? {} : { name: result.name, reference: result.reference ?? '' }),
        'media-type': result.mediaType ?? '',
        platforms: inertJson(result.platforms),
    };
}
/** By the certificate that built-from accepted for its first predicate type, else by that of signed-by. */
function proofOutputs({ verified }) {
    const proof = verified.find(({ gate }) => gate === 'built-from') ?? verified.find(({ gate }) => gate === 'signed-by');
    const inert = (name, text) => text !== undefined && inertName.test(text) ? { [name]: text } : {};
    return {
        ...inert('source-ref', proof?.sourceRef),
        ...inert('source-commit', proof?.sourceCommit),
        ...inert('signer', proof?.identity),
    };
}
function manifestOutputs(image, result, files) {
    const { layers = [], configDigest, changed, needsUpdating, layoutName } = result;
    const hasConfig = result.labels !== undefined && configDigest !== undefined;
    return {
        'manifest-digest': result.manifestDigest ?? '',
        'config-digest': configDigest ?? '',
        'layer-digests': inertJson(layers.map(({ digest }) => digest)),
        layers: inertJson(layers),
        platform: result.platform ?? '',
        size: String(result.size),
        annotations: inertJson(result.annotations),
        'index-path': image.isIndex ? files.pathOf(image.digest) : '',
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
        ...(layoutName !== undefined && inertName.test(layoutName) ? { 'layout-name': layoutName } : {}),
    };
}

;// CONCATENATED MODULE: ./lib/src/action/failures.js


/** What to do about a failure that has no advice of its own. */
const generalAdvice = {
    'invalid-input': 'Correct the input; no request was sent.',
    'not-found': 'Check the spelling of repository and tag.',
    'platform-not-found': 'Set platform to one that the image has.',
    unauthorized: 'Log in to the registry in an earlier step, or give the inputs username and password.',
    denied: 'Check that the credentials may read this repository.',
    'rate-limited': 'Log in, or run the job later.',
    'digest-mismatch': 'Do not use this image: its bytes are not those that its digest names.',
    'size-mismatch': 'Do not use this image: push it again.',
    'invalid-manifest': 'Push the image again with a current client; if it was, something between it and the runner changes it.',
    unsupported: 'Use sha256 or sha512, and an image in OCI or Docker schema 2 format.',
    'too-large': 'Check that the reference names an image: manifests and configs are far smaller.',
    'untrusted-host': 'Ask the operator of the registry where it should lead.',
    'gate-failed': 'Do not go on with this image, or correct what is expected of it.',
    'not-attested': 'Attest or sign the image where it is built.',
    'not-verified': 'Do not deploy it. If it is right, correct what the gate demands.',
    'trust-root': 'Write the file of trusted-root anew.',
    'wait-timeout': 'Check why it does not hold yet, or allow more by the input wait-timeout.',
    timeout: 'Check the registry and the network, then run the job again.',
    network: 'Check that the runner can reach the host, then run the job again.',
    tls: 'Check the certificate of the host, and what the runner trusts.',
    'registry-error': 'Check the status of the registry, and run the job again; if it stays, tell its operator.',
    'runner-error': 'Check the runner and its disk.',
    internal: 'Please report it, with the log of this step.',
};
/** What a person needs of a failure, part by part: what happened, what the registry said, what to do. */
function describeFailure({ error, about }, { quote }) {
    const { code, message, remoteMessage = '', advice = generalAdvice[code], } = error instanceof src_error/* ActionError */.lZ ? error : defect(error);
    const quoted = quote(remoteMessage);
    return {
        code,
        parts: [
            about === '' ? message : `${about}: ${message}`,
            ...(quoted === '' ? [] : [`It said: ${quoted}`]),
            `What to do: ${advice}`,
        ],
    };
}
/**
 * Prints an annotation for each failure, up to the most that a step may have, and sets `error-code` to that of the first.
 *
 * @param output `GITHUB_OUTPUT`
 * @returns false, for the step has not succeeded
 */
function fail(log, output, failures) {
    const reports = failures.map((failure) => describeFailure(failure, log));
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
        log.line(`error-code could not be set: ${(0,src_error/* messageOf */.bD)(error)}`);
    }
    return false;
}
function defect(error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return new src_error/* ActionError */.lZ('internal', `The action has a defect: ${message}`);
}

;// CONCATENATED MODULE: ./lib/src/action/manifest-group.js
/** Characters of the manifests of one image that are printed. */
const maxPrintedLength = 32 * 1024;
/** Prints the manifest of each platform, indented, in a group of its own. */
function printManifests(log, { entries }) {
    let room = maxPrintedLength;
    for (const { manifestBytes, manifestDigest, platformText } of entries) {
        if (room <= 0)
            return;
        const lines = JSON.stringify(JSON.parse(Buffer.from(manifestBytes).toString()), undefined, 2).split('\n');
        const shown = [];
        for (const line of lines) {
            const safeLine = log.safe(line);
            room -= safeLine.length + 1;
            if (room <= 0)
                break;
            shown.push(safeLine);
        }
        if (shown.length < lines.length)
            shown.push(`… ${lines.length - shown.length} more lines are in the file of manifest-path`);
        log.group(`Manifest ${manifestDigest}${platformText === '' ? '' : ` (${platformText})`}`, shown);
    }
}

// EXTERNAL MODULE: ./lib/src/oci/digest.js
var oci_digest = __nccwpck_require__(6618);
// EXTERNAL MODULE: ./lib/src/oci/reference.js
var reference = __nccwpck_require__(2041);
;// CONCATENATED MODULE: ./lib/src/oci/source.js



const layoutScheme = 'oci-layout://';
/** A digest at the end of a source, with whatever algorithm: only a whole one is a digest, `job@2/out` is a path. */
const trailingDigest = /@([a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9A-Fa-f]{32,})$/;
/** The drive of a path on Windows, whose colon ends no path. */
const drive = /^[A-Za-z]:(?=[\\/])/;
/** More than any path and name can have. */
const maxLayoutLength = 8192;
/**
 * Reads where an image comes from: a reference, or `oci-layout://PATH[:NAME][@DIGEST]`.
 *
 * @param isWindows whether a path may begin with a drive
 * @throws ActionError `invalid-input` with a hint, or `unsupported` for a digest of another algorithm
 */
function parseSource(text, isWindows) {
    if (!text.startsWith(layoutScheme))
        return { kind: 'registry', reference: (0,reference/* parseReference */.F2)(text) };
    const rest = text.slice(layoutScheme.length);
    if (/\p{Cc}/u.test(rest) || rest.length > maxLayoutLength)
        throw invalidLayout(text, 'it holds a control character, or is too long');
    const digestText = trailingDigest.exec(rest)?.[1];
    const digest = digestText === undefined ? undefined : (0,oci_digest/* parseDigest */.m)(digestText, 'invalid-input');
    const located = digestText === undefined ? rest : rest.slice(0, -digestText.length - 1);
    const skipped = (isWindows && drive.exec(located)?.[0].length) || 0;
    const colon = located.indexOf(':', skipped);
    const path = colon === -1 ? located : located.slice(0, colon);
    const name = colon === -1 ? '' : located.slice(colon + 1);
    if (path === '')
        throw invalidLayout(text, 'it names no path');
    if (colon !== -1 && name === '')
        throw invalidLayout(text, 'there is a colon and no name behind it');
    return { kind: 'layout', path, name, digest };
}
/** The tag, name or digest by which an image is looked up: the digest where it has both. */
function targetOf(source) {
    if (source.kind === 'layout')
        return source.digest ?? source.name;
    return source.reference.digest ?? source.reference.tag ?? 'latest';
}
/** The digest that an image is named by; undefined for one that may move. */
function requestedDigest(source) {
    return source.kind === 'layout' ? source.digest : source.reference.digest;
}
/** The tag of a reference, or the name in a layout; empty when there is none. */
function tagOf(source) {
    return source.kind === 'layout' ? source.name : (source.reference.tag ?? '');
}
/** The canonical spelling of a source: equal for sources that are the same image. */
function formatSource(source) {
    if (source.kind === 'registry')
        return (0,reference/* formatReference */.FH)(source.reference);
    const name = source.name === '' ? '' : `:${source.name}`;
    return `${layoutScheme}${source.path}${name}${source.digest === undefined ? '' : `@${source.digest}`}`;
}
function invalidLayout(text, why) {
    return new src_error/* ActionError */.lZ('invalid-input', `"${text.slice(0, maxLayoutLength)}" is not a local layout: ${why}.`, {
        advice: 'Write oci-layout://PATH, oci-layout://PATH:NAME or oci-layout://PATH@sha256:….',
    });
}

;// CONCATENATED MODULE: ./lib/src/action/progress.js

const titles = {
    token: 'Token',
    index: 'What the reference points to',
    manifest: "The platform's manifest",
};
/** Characters of the log of one image that its requests may take, and those lines that are printed at once. */
const maxTraceLength = 12_000;
const maxUrgentLength = 8_000;
/** Rows that are shown of a list. */
const maxRows = 100;
/** A progress that prints urgent lines at once, and collects the others. */
function progressOf(name, isOneOfMany, log) {
    const lines = { token: [], index: [], manifest: [] };
    const room = { trace: maxTraceLength, urgent: maxUrgentLength };
    let leftOut = 0;
    return {
        trace(phase, line, urgent) {
            const kind = urgent ?? 'trace';
            room[kind] -= line.length;
            if (room[kind] < 0)
                leftOut += 1;
            else if (urgent)
                log.line(isOneOfMany ? `${name}: ${line}` : line);
            else
                lines[phase].push(line);
        },
        print(headline, last) {
            const more = leftOut === 0 ? [] : [`${leftOut} more lines are left out.`];
            if (isOneOfMany)
                return log.group(headline, [...Object.values(lines).flat(), ...more, ...last]);
            for (const [phase, traced] of Object.entries(lines)) {
                if (traced.length > 0)
                    log.group(titles[phase], traced);
            }
            for (const line of [...more, headline])
                log.line(line);
        },
    };
}
/** Prints the digests of one image in plain view. */
function printResult(log, result) {
    if (!result.exists)
        return;
    const { layers = [] } = result;
    const rows = [
        ['platform', result.platform || '(none)'],
        ['digest', result.digest ?? ''],
        ['index-digest', result.indexDigest || '(none: the reference points to a manifest)'],
        ['manifest-digest', result.manifestDigest ?? ''],
        ['config-digest', result.configDigest ?? ''],
        ...layers
            .slice(0, maxRows)
            .map(({ digest, size }, at) => [
            at === 0 ? 'layer-digests' : '',
            `${digest}  ${humanSize(size)}`,
        ]),
        ...(layers.length > maxRows ? [['', `and ${layers.length - maxRows} more`]] : []),
        ['size', humanSize(result.size ?? 0)],
        ...optionalRow('changed', result.changed),
        ...optionalRow('needs-updating', result.needsUpdating),
    ];
    for (const [name, value] of rows)
        log.line(`${name.padEnd(17)}${value}`);
}
/** What to say of an image that is done. */
function headlineOf(image) {
    const name = formatSource(image.request.source);
    return image.exists ? `${name} is ${image.digest}` : `${name} does not exist`;
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

;// CONCATENATED MODULE: ./lib/src/oci/platform.js

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
const maxPlatformLength = 200;
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
    const wellFormed = input.length <= maxPlatformLength &&
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
/** Writes a platform as containerd does, as it is: `linux/arm64/v8`, `windows(10.0.20348.1850)/amd64`. */
function formatPlatform({ os, osVersion, osFeatures, architecture, variant }) {
    const features = osFeatures.map((feature) => `+${feature}`).join('');
    const detail = osVersion === '' && features === '' ? '' : `(${osVersion}${features})`;
    return [`${os}${detail}`, architecture, variant].filter((part, at) => at < 2 || part !== '').join('/');
}
/**
 * Picks the item for `requested`: exact before lower variants of the same os and architecture, for Windows the
 * highest version, and the first among equals. Never another architecture.
 */
function choosePlatform(items, requested, platformOf) {
    let best;
    for (const item of items) {
        const written = platformOf(item);
        const platform = written && normalise(written);
        if (platform === undefined || !fits(platform, requested))
            continue;
        if (best === undefined || isBetter(platform, best.platform, requested))
            best = { item, platform };
    }
    return best?.item;
}
/**
 * The platform with its `os.version` for Windows alone: of another os it may be any words, as "Ubuntu 22.04.5" in all
 * Homebrew bottles, and says nothing about what can run.
 */
function withUsedOsVersion(platform) {
    return normalise(platform).os === 'windows' ? platform : { ...platform, osVersion: '' };
}
/** Whether this is `unknown/unknown`, which attestations have. */
function isUnknownPlatform(platform) {
    const { os, architecture } = normalise(platform);
    return os === 'unknown' && architecture === 'unknown';
}
/** Whether `offered` is the platform `requested`, without falling back to a lower variant. */
function isSamePlatform(offered, requested) {
    const platform = normalise(offered);
    return fits(platform, requested) && platform.variant === requested.variant;
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
function fits(offered, requested) {
    return (offered.os === requested.os &&
        offered.architecture === requested.architecture &&
        variantFits(offered, requested) &&
        (requested.osVersion === '' || build(offered) === build(requested)) &&
        requested.osFeatures.every((feature) => offered.osFeatures.includes(feature)));
}
function variantFits(offered, requested) {
    if (offered.variant === requested.variant)
        return true;
    const level = variantLevel(offered);
    const highest = variantLevel(requested);
    return level !== undefined && highest !== undefined && level < highest;
}
/** `v8.2` of arm64 as 8.002, so that levels compare; undefined where variants have no order. */
function variantLevel({ architecture, variant }) {
    const range = Object.hasOwn(levels, architecture) ? levels[architecture] : undefined;
    if (range === undefined || variant === '')
        return range?.baseline;
    const [, major, minor = '0'] = /^v([0-9]{1,3})(?:\.([0-9]{1,3}))?$/.exec(variant) ?? [];
    if (major === undefined || Number(major) < range.lowest)
        return undefined;
    return Number(major) + Number(minor) / 1000;
}
function isBetter(one, other, requested) {
    if (one.variant !== other.variant) {
        if (one.variant === requested.variant || other.variant === requested.variant)
            return one.variant === requested.variant;
        return (variantLevel(one) ?? 0) > (variantLevel(other) ?? 0);
    }
    if (requested.os !== 'windows' || one.osVersion === other.osVersion)
        return false;
    if (requested.osVersion === '' || ![one.osVersion, other.osVersion].includes(requested.osVersion)) {
        return isHigherVersion(one.osVersion, other.osVersion);
    }
    return one.osVersion === requested.osVersion;
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
    return new src_error/* ActionError */.lZ('invalid-input', `"${input}" is not a platform: ${why}.`, {
        advice: 'Write for example linux/amd64, linux/arm/v7 or windows(10.0.20348)/amd64.',
    });
}

;// CONCATENATED MODULE: ./lib/src/action/results.js



/**
 * The elements of `results` for one image: one for each platform, also for an image that does not exist, unless all
 * platforms of it were requested.
 */
function resultsOf(image, files, { platforms, inspect, mirrors }) {
    const { text, source } = image.request;
    // What a layout says of its name is a claim of whoever wrote it.
    const name = source.kind === 'registry' ? (0,reference/* nameOf */.Vb)(source.reference) : undefined;
    const named = { image: text, exists: image.exists, ...(name === undefined ? {} : { name }), tag: tagOf(source) };
    if (!image.exists) {
        return platforms === 'all'
            ? [named]
            : platforms.map((platform) => ({ ...named, platform: formatPlatform(platform) }));
    }
    const common = {
        ...named,
        ...(name === undefined
            ? {}
            : { reference: image.approvedDigest === undefined ? '' : `${name}@${image.approvedDigest}` }),
        digest: image.digest,
        indexDigest: image.isIndex ? image.digest : '',
        mediaType: image.mediaType,
        platforms: image.platforms,
        ...(mirrors.size > 0 && image.servedBy !== undefined ? { servedBy: image.servedBy } : {}),
    };
    return image.entries.map((entry) => ({
        ...common,
        ...manifestFields(entry, files),
        ...(inspect ? configFields(entry) : {}),
        ...(entry.changed === undefined ? {} : { changed: entry.changed }),
        ...(entry.needsUpdating === undefined ? {} : { needsUpdating: entry.needsUpdating }),
        ...(image.verified.length === 0 ? {} : { verified: verifiedOf(image, entry) }),
        ...(image.referrers === undefined ? {} : { referrers: referrersOf(image, entry) }),
        ...(entry.layoutName === undefined ? {} : { layoutName: entry.layoutName }),
    }));
}
/** What was proven of the image or of this platform's manifest. */
function verifiedOf({ digest, verified }, { manifestDigest }) {
    return verified.filter(({ subject }) => subject === digest || subject === manifestDigest);
}
/** What refers to the image or to this platform's manifest. */
function referrersOf({ digest, referrers = [] }, { manifestDigest }) {
    return referrers.filter(({ subject }) => subject === digest || subject === manifestDigest);
}
function manifestFields({ manifest, manifestDigest, platformText }, files) {
    return {
        manifestDigest,
        configDigest: manifest.config.digest,
        layers: manifest.layers.map(({ digest, size, mediaType }) => ({ digest, size, mediaType })),
        platform: platformText,
        size: manifest.size,
        annotations: manifest.annotations,
        manifestPath: files.pathOf(manifestDigest),
    };
}
function configFields({ config }) {
    const content = config?.content;
    return { created: content?.created ?? '', labels: content?.labels ?? {}, diffIds: content?.diffIds ?? [] };
}

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(6760);
;// CONCATENATED MODULE: ./lib/src/action/saved-files.js



/**
 * Writes every document of the images into a new folder below `temp`, each named by its digest, so that nothing from
 * outside becomes part of a path.
 *
 * @param temp `RUNNER_TEMP`
 * @throws ActionError `runner-error`
 */
function saveFiles(temp, images) {
    const documents = documentsOf(images);
    const folder = makeFolder(temp);
    const pathOf = (digest) => (0,external_node_path_.join)(folder, `${digest.replace(':', '-')}.json`);
    const discard = () => (0,external_node_fs_.rmSync)(folder, { recursive: true, force: true });
    orFail(temp, () => {
        try {
            for (const [digest, bytes] of documents)
                (0,external_node_fs_.writeFileSync)(pathOf(digest), bytes, { flag: 'wx' });
        }
        catch (error) {
            // What was written in part does not have the digest that it is named by.
            discard();
            throw error;
        }
    });
    const write = (name, content) => {
        const path = (0,external_node_path_.join)(folder, name);
        orFail(temp, () => (0,external_node_fs_.writeFileSync)(path, content, { flag: 'wx' }));
        return path;
    };
    return { pathOf, write, discard };
}
function documentsOf(images) {
    const documents = new Map();
    for (const image of images) {
        if (!image.exists)
            continue;
        documents.set(image.digest, image.bytes);
        for (const { manifest, manifestDigest, manifestBytes, config } of image.entries) {
            documents.set(manifestDigest, manifestBytes);
            if (config)
                documents.set(manifest.config.digest, config.bytes);
        }
    }
    return documents;
}
function makeFolder(temp) {
    if (temp === '')
        throw unwritable('it is not set');
    return orFail(temp, () => (0,external_node_fs_.mkdtempSync)((0,external_node_path_.join)(temp, 'image-digests-')));
}
function orFail(temp, write) {
    try {
        return write();
    }
    catch (error) {
        throw unwritable(`${temp}: ${(0,src_error/* messageOf */.bD)(error)}`);
    }
}
function unwritable(why) {
    return new src_error/* ActionError */.lZ('runner-error', `RUNNER_TEMP cannot be written: ${why}`, {
        advice: 'The runner sets RUNNER_TEMP to a folder for each job; check the runner and its disk.',
    });
}

;// CONCATENATED MODULE: ./lib/src/action/summary.js


/** Bytes, far below the 1 MiB that the runner takes from a step. */
const maxSummaryBytes = 512 * 1024;
/**
 * The job summary: for one manifest the levels of digests and the layers, for several one table.
 *
 * @param safe makes a text from outside fit to print
 */
function summaryOf(results, { evidence, layoutPath }, safe) {
    const [result] = results;
    const cell = (text) => escapeCell(safe(text));
    const images = result !== undefined && results.length === 1 ? oneImage(result, cell) : manyImages(results, cell);
    const layout = layoutPath === '' ? '' : `Exported, every byte verified, to ${cell(layoutPath)}.\n\n`;
    return `${images}${referrersTable(results, cell)}${layout}${gates(evidence, cell)}`;
}
/** Writes the summary. Throws an Error that says why it cannot be written. */
function writeSummary(path, text) {
    if (path === '')
        throw new Error('GITHUB_STEP_SUMMARY is not set');
    appendToRunnerFile(path, [text]);
}
function oneImage(result, cell) {
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
        [
            'index-digest',
            result.indexDigest || '',
            result.indexDigest ? 'the index' : 'none: the reference points to a manifest',
        ],
        ['manifest-digest', result.manifestDigest, `the manifest for ${result.platform || 'no platform'}`],
        ['config-digest', result.configDigest, 'the image config (image ID)'],
    ];
    const rows = levels.map(([name, digest, words]) => `| \`${name}\` | ${code(digest ?? '')} | ${cell(words)} |`);
    const shown = layers
        .slice(0, maxRows)
        .map(({ digest, size }, at) => `| ${at + 1} | ${code(digest)} | ${humanSize(size)} |`);
    const rest = layers.length > maxRows ? `\n${layers.length - maxRows} more layers are left out here.\n` : '';
    return [
        title,
        `| level | digest | what it is |\n| --- | --- | --- |\n${rows.join('\n')}\n\n`,
        `| layer | digest | size |\n| --: | --- | --: |\n${shown.join('\n')}\n${rest}\n`,
        `${layers.length} layers, ${humanSize(result.size ?? 0)} with the config.\n\n`,
    ].join('');
}
/** What refers to the images, each once. */
function referrersTable(results, cell) {
    if (results.every(({ referrers }) => referrers === undefined))
        return '';
    const all = results.flatMap(({ referrers = [] }) => referrers);
    const distinct = [...new Map(all.map((referrer) => [`${referrer.subject} ${referrer.digest}`, referrer])).values()];
    if (distinct.length === 0)
        return 'Nothing refers to this.\n\n';
    const rows = distinct.slice(0, maxRows).map(({ digest, artifactType, predicateTypes, subject }) => {
        const types = [artifactType, ...predicateTypes].join(', ');
        return `| ${cell(types)} | ${code(digest)} | ${code(subject)} |`;
    });
    const rest = distinct.length > maxRows ? `\n${distinct.length - maxRows} more rows are left out here.\n` : '';
    return `| what refers to it | digest | subject |\n| --- | --- | --- |\n${rows.join('\n')}\n${rest}\n`;
}
function gates(evidence, cell) {
    if (evidence.length === 0)
        return 'No gate is set.\n\n';
    const shown = evidence.slice(0, maxRows).map((sentence) => `| ${cell(sentence)} |`);
    const rest = evidence.length > maxRows ? `\n${evidence.length - maxRows} more rows are left out here.\n` : '';
    return `| gates |\n| --- |\n${shown.join('\n')}\n${rest}\n`;
}
function manyImages(results, cell) {
    const head = '### Image digests\n\n| image | platform | digest | manifest | size |\n| --- | --- | --- | --- | --: |\n';
    const rows = [];
    let length = head.length;
    for (const result of results) {
        const row = `${rowOf(result, cell)}\n`;
        length += Buffer.byteLength(row);
        if (length > maxSummaryBytes || rows.length >= maxRows)
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

;// CONCATENATED MODULE: ./lib/src/action/publish.js







/** Where the runner wants the outputs, which is needed even when an input is wrong. */
function runnerFiles(env) {
    return {
        output: env['GITHUB_OUTPUT'] ?? '',
        summary: env['GITHUB_STEP_SUMMARY'] ?? '',
        temp: env['RUNNER_TEMP'] ?? '',
    };
}
/**
 * Saves the documents, sets the outputs, and then writes the summary, which is good to have and cannot fail the step.
 *
 * @throws ActionError `runner-error` or `too-large`; no output has been set then
 */
function publish(inputs, { images, layoutPath }, runner, log) {
    const files = saveFiles(runner.temp, images);
    const results = images.map((image) => resultsOf(image, files, inputs));
    const evidence = images.flatMap((image) => (image.exists ? image.evidence : []));
    const isOnePlatform = inputs.platforms !== 'all' && inputs.platforms.length === 1;
    try {
        const outputs = outputsOf(images, results, files, { isOnePlatform, layoutPath });
        outputs['results-path'] = files.write('results.json', `${JSON.stringify(results.flat())}\n`);
        const [image] = images;
        if (images.length === 1 && image?.exists) {
            printManifests(log, image);
            printResults(log, results.flat());
        }
        if (evidence.length === 0)
            log.line('No gate is set.');
        writeOutputs(runner.output, outputs);
    }
    catch (error) {
        files.discard();
        throw error;
    }
    if (inputs.summary)
        trySummary(results.flat(), { evidence, layoutPath }, runner, log);
}
/** Platforms of one image that are printed with all their layers. */
const maxPrintedPlatforms = 10;
function printResults(log, results) {
    for (const result of results.slice(0, maxPrintedPlatforms))
        printResult(log, result);
    const left = results.length - maxPrintedPlatforms;
    if (left > 0)
        log.line(`${left} more platforms are in the output results.`);
}
function trySummary(results, more, runner, log) {
    try {
        writeSummary(runner.summary, summaryOf(results, more, log.safe));
    }
    catch (error) {
        log.warning(`The job summary cannot be written: ${(0,src_error/* messageOf */.bD)(error)}`);
    }
}

;// CONCATENATED MODULE: ./lib/src/action/export-report.js

/** Milliseconds that an attempt of a download may take until its first byte. */
const attemptMs = 30_000;
/** Bytes that a download gets at least in a minute, or it ends. */
const minBytesPerMinute = 1024 * 1024;
/** Milliseconds that an export may take besides downloading. */
const slackMs = 10 * 60_000;
/** Tells the log how an export goes, and what watches over the run how long it may take. */
function exportListener(path, { log, limit }) {
    return {
        onStart(blobs, bytes, freeBytes) {
            limit(Math.ceil(bytes / minBytesPerMinute) * 60_000 + slackMs);
            log.line(`Exporting ${blobs} blobs, ${humanSize(bytes)}, to ${path} (${humanSize(freeBytes)} free)`);
        },
        onProgress: (doneBytes, bytes) => log.line(`${humanSize(doneBytes)} of ${humanSize(bytes)}`),
        onEnd(blobs, bytes, milliseconds) {
            const seconds = Math.max(milliseconds, 1) / 1000;
            const speed = humanSize(Math.round(bytes / seconds));
            log.line(`Exported ${blobs} blobs, ${humanSize(bytes)} in ${seconds.toFixed(1)} s (${speed}/s), every byte verified`);
        },
        warn: log.warning,
    };
}
/** An operation without a deadline: downloads have limits of their own. Only what is urgent is printed. */
function exportOperation(log) {
    return {
        signal: new AbortController().signal,
        deadline: Number.POSITIVE_INFINITY,
        attemptMs,
        trace(_, line, urgent) {
            if (urgent)
                log.line(line);
        },
    };
}

;// CONCATENATED MODULE: ./lib/src/image/layout-names.js



/** The grammar of a ref.name, by the specification. */
const refNamePattern = /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/;
/** Whether a text is a ref.name by the grammar of the specification. */
function isRefName(text) {
    return refNamePattern.test(text);
}
/** The full reference of an image on a registry, without a digest where there is a tag; empty for a local layout. */
function fullReference(source) {
    if (source.kind === 'layout')
        return '';
    const { tag, digest } = source.reference;
    return tag === undefined ? `${(0,reference/* nameOf */.Vb)(source.reference)}@${digest}` : `${(0,reference/* nameOf */.Vb)(source.reference)}:${tag}`;
}
/**
 * The names of an image in a layout: its tag, of several images the full reference, of several platforms each with
 * `-OS-ARCH[-VARIANT]`. An image without a tag has no ref.name, and none ever holds a digest.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys
 */
function layoutNames(source, entry, siblings, { hasSeveralImages, hasSeveralPlatforms }) {
    const tag = tagOf(source);
    const full = fullReference(source);
    const suffix = hasSeveralPlatforms ? platformSuffix(entry, siblings) : '';
    const base = hasSeveralImages && source.kind === 'registry' ? full : tag;
    const refName = tag === '' ? '' : `${base}${suffix}`;
    return { refName, imageName: full === '' ? '' : `${full}${refName === '' ? '' : suffix}` };
}
/** `-OS-ARCH[-VARIANT]`, and what else tells apart those that would be equal. */
function platformSuffix({ platform, manifestDigest }, siblings) {
    if (platform === undefined)
        return '';
    const suffix = plainSuffix(platform);
    const hasTwin = siblings.some((sibling) => sibling.manifestDigest !== manifestDigest && sibling.platform && plainSuffix(sibling.platform) === suffix);
    const { osVersion, osFeatures } = platform;
    return hasTwin ? [suffix, osVersion, ...osFeatures].filter((part) => part !== '').join('-') : suffix;
}
function plainSuffix(platform) {
    return `-${formatPlatform({ ...platform, osVersion: '', osFeatures: [] }).replaceAll('/', '-')}`;
}

// EXTERNAL MODULE: ./lib/src/oci/host.js
var oci_host = __nccwpck_require__(3192);
;// CONCATENATED MODULE: ./lib/src/action/input-values.js



/** Milliseconds; a job cannot take longer than this. */
const maxDurationMs = 5 * 24 * 60 * 60 * 1000;
const unitsMs = { '': 1000, s: 1000, m: 60_000, h: 3_600_000 };
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
    const milliseconds = count === undefined ? Number.NaN : Number(count) * (unitsMs[unit] ?? Number.NaN);
    if (milliseconds <= maxDurationMs)
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
        throw new src_error/* ActionError */.lZ('invalid-input', `"${line}" is not key=value.`, { advice: 'Write one key=value a line.' });
    });
}
/** An error about an input, before any request is sent. */
function invalidInput(name, why, advice) {
    return new src_error/* ActionError */.lZ('invalid-input', `The input ${name} cannot be used: ${why}.`, { advice });
}
/** `host[:port]`, the Hub under its one name. Throws `invalid-input`. */
function parseRegistryInput(name, text) {
    const registry = (0,reference/* parseRegistry */.l5)(text);
    if (registry !== undefined)
        return registry;
    throw invalidRegistry(name, text);
}
/** An error about what should be `host[:port]`. */
function invalidRegistry(name, text) {
    return invalidInput(name, `"${(0,reference/* withoutUserinfo */.Q3)(text).replace(/^.*@/s, '')}" is not a registry`, 'Write host or host:port, without a scheme or a path.');
}
/** Whether a proxy setting is one that will be used, and not ignored. */
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

;// CONCATENATED MODULE: ./lib/src/action/credential-inputs.js


/** Milliseconds that a credential helper may take at least. */
const minHelperMs = 10_000;
/**
 * Everything that may hold credentials.
 *
 * @param registries those that the images are on
 * @throws ActionError `invalid-input` for credentials whose host is unclear
 */
function credentialSources(inputs, registries) {
    const { env, input } = inputs;
    return {
        input: inputCredential(input, registries),
        dockerAuthConfig: env['DOCKER_AUTH_CONFIG']?.trim() ?? '',
        files: configFiles(inputs),
        helpers: {
            path: env['PATH'] ?? '',
            workspace: env['GITHUB_WORKSPACE'] ?? '',
            folder: env['RUNNER_TEMP'] ?? '',
            environment: withoutInputs(env),
            timeoutMs: Math.max(minHelperMs, inputs.timeoutMs / 4),
        },
        githubToken: { token: githubToken(input), registries: githubRegistries(env) },
    };
}
/** The workflow's own token. Empty where whoever runs the action does not evaluate the default of `action.yml`. */
function githubToken(input) {
    const token = input('github-token');
    return token.startsWith('${{') ? '' : token;
}
function inputCredential(input, registries) {
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
        throw invalidInput('registry', 'it is empty, and image names several hosts', 'Set registry to the host that the password is for.');
    }
    return { registry: host ?? only ?? '', username, password };
}
/** All variables but our inputs, which hold the credentials of others. */
function withoutInputs(env) {
    const others = {};
    for (const [name, value] of Object.entries(env)) {
        if (value !== undefined && !name.toUpperCase().startsWith('INPUT_'))
            others[name] = value;
    }
    return others;
}
/** The places where docker and podman keep logins, in the order in which they are asked. */
function configFiles(inputs) {
    const { env, machine } = inputs;
    const docker = env['DOCKER_CONFIG'] || undefined;
    const podman = env['REGISTRY_AUTH_FILE'] || undefined;
    return [
        ...(docker === undefined
            ? atHome(inputs, '~/.docker/config.json', '.docker', 'config.json')
            : [byVariable('$DOCKER_CONFIG/config.json', (0,external_node_path_.join)(docker, 'config.json'))]),
        ...(podman === undefined ? [] : [byVariable('$REGISTRY_AUTH_FILE', podman)]),
        ...runtimeFiles(env, machine),
        ...atHome(inputs, '~/.config/containers/auth.json', '.config', 'containers', 'auth.json'),
    ];
}
/** Where `podman login` and `skopeo login` write; without a runtime folder, as in a job container, below /run. */
function runtimeFiles(env, { platform, userId }) {
    const runtime = env['XDG_RUNTIME_DIR'] || undefined;
    if (runtime !== undefined) {
        return [byVariable('$XDG_RUNTIME_DIR/containers/auth.json', (0,external_node_path_.join)(runtime, 'containers', 'auth.json'))];
    }
    if (platform !== 'linux' || userId === undefined)
        return [];
    const path = `/run/containers/${userId}/auth.json`;
    return [{ path, name: path }];
}
function atHome({ env, machine }, name, ...path) {
    const variables = machine.platform === 'win32' ? ['USERPROFILE', 'HOME'] : ['HOME', 'USERPROFILE'];
    const home = variables.map((variable) => env[variable]).find((folder) => folder) ?? machine.homeFolder;
    return home === '' ? [] : [{ path: (0,external_node_path_.join)(home, ...path), name }];
}
/** A file that a variable names: the reader has to know which. */
function byVariable(name, path) {
    return { path, name: `${name} (${path})` };
}
/** ghcr.io, and on a GitHub Enterprise Server its own registry: its token is nothing to github.com. */
function githubRegistries(env) {
    const server = env['GITHUB_SERVER_URL'] ?? '';
    const host = URL.canParse(server) ? new URL(server).host : 'github.com';
    return host === 'github.com' ? ['ghcr.io'] : [`containers.${host}`];
}

;// CONCATENATED MODULE: ./lib/src/action/attestation-inputs.js



const defaultPredicate = 'https://slsa.dev/provenance/v1';
/**
 * Reads what must be proven about the images; undefined where nothing must.
 *
 * @throws ActionError `invalid-input`, or `unsupported` on a GitHub Enterprise Server
 */
function attestationSettings({ env, input, gate }) {
    const builtFrom = gate('built-from', (text) => parseLines(text).map(parseBuildSource));
    const builtBy = gate('built-by', (text) => parseLines(text).map(parseBuildWorkflow));
    const signedBy = gate('signed-by', (text) => parseLines(text).map(parseSigner));
    const publicKeys = gate('public-key', parseKeySources);
    const [trustedRoot] = gate('trusted-root', (text) => [text]) ?? [];
    const settings = {
        builtFrom,
        builtBy,
        anyRunner: oneOf('runners', input, ['github-hosted', 'any']) === 'any',
        predicateTypes: readPredicateTypes(input),
        signedBy,
        publicKeys,
        isLogRequired: oneOf('transparency-log', input, ['required', 'optional']) === 'required',
        attested: oneOf('attested-digest', input, ['digest', 'manifest-digest']),
        trustedRoot,
        workspace: env['GITHUB_WORKSPACE'] ?? '',
        api: { url: env['GITHUB_API_URL'] || 'https://api.github.com', token: githubToken(input) },
    };
    refuseUnused(settings);
    if (builtFrom !== undefined)
        requireGithubCom(env);
    return builtFrom === undefined && signedBy === undefined && publicKeys === undefined ? undefined : settings;
}
/** Without one nothing would be demanded. */
function readPredicateTypes(input) {
    const types = parseList(input('predicate-type'));
    if (types.length > 0)
        return types;
    throw invalidInput('predicate-type', 'it names none', `Write for example ${defaultPredicate}.`);
}
/** An input for security that is silently ignored is a trap. */
function refuseUnused(settings) {
    const { builtFrom, builtBy, anyRunner, predicateTypes, signedBy, publicKeys } = settings;
    const refuse = (name, needs) => {
        throw invalidInput(name, `it says nothing without ${needs}`, `Set ${needs}, or leave ${name} out.`);
    };
    if (builtFrom === undefined) {
        if (builtBy !== undefined)
            refuse('built-by', 'built-from');
        if (anyRunner)
            refuse('runners', 'built-from');
        if (predicateTypes.join() !== defaultPredicate)
            refuse('predicate-type', 'built-from');
    }
    if (!settings.isLogRequired && publicKeys === undefined)
        refuse('transparency-log', 'public-key');
    if (builtFrom !== undefined || signedBy !== undefined || publicKeys !== undefined)
        return;
    if (settings.trustedRoot !== undefined)
        refuse('trusted-root', 'built-from, signed-by or public-key');
    if (settings.attested !== 'digest')
        refuse('attested-digest', 'built-from, signed-by or public-key');
}
/** Enterprise servers have no attestations, and tenants an issuer of their own. */
function requireGithubCom(env) {
    const server = env['GITHUB_SERVER_URL'] || 'https://github.com';
    const host = URL.canParse(server) ? new URL(server).host : server;
    if (host === 'github.com')
        return;
    if (host.endsWith('.ghe.com')) {
        throw invalidInput('built-from', `${host} is a tenant, which is not supported yet`, 'Use signed-by or public-key.');
    }
    throw new src_error/* ActionError */.lZ('unsupported', `built-from is for github.com; the GitHub Enterprise Server ${host} has no attestations.`, {
        advice: 'Use signed-by or public-key, with signatures by cosign.',
    });
}
const repositoryPattern = '([A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?/(?!\\.\\.?(?![A-Za-z0-9._-]))[A-Za-z0-9._-]+)';
const sourcePattern = new RegExp(`^${repositoryPattern}(?:@(.*))?$`);
const workflowPattern = new RegExp(`^${repositoryPattern}/(\\.github/workflows/[^/*]+?\\.ya?ml)(?:@(.*))?$`);
/** `OWNER/REPO[@REF]`. */
function parseBuildSource(line) {
    const [, repository, ref] = sourcePattern.exec(line) ?? [];
    if (repository === undefined) {
        throw invalidInput('built-from', `"${line}" is not OWNER/REPO or OWNER/REPO@REF`, 'Write for example octo-org/shop.');
    }
    return { repository, ref: ref === undefined ? undefined : parseRef('built-from', repository, ref) };
}
/** `OWNER/REPO/.github/workflows/FILE[@REF]`, split at the first `@` behind the ending of the file. */
function parseBuildWorkflow(line) {
    const [, repository, path, ref] = workflowPattern.exec(line) ?? [];
    if (repository === undefined || path === undefined) {
        throw invalidInput('built-by', `"${line}" is not the path of a workflow`, 'Write for example octo-org/ci/.github/workflows/build.yml.');
    }
    return { repository, path, ref: ref === undefined ? undefined : parseRef('built-by', `${repository}/${path}`, ref) };
}
/** `refs/…` in full, with a `*` at the end for any rest of a branch or tag, or a commit. */
function parseRef(name, before, text) {
    if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text))
        return { kind: 'commit', digits: text };
    const isPrefix = /^refs\/(?:heads|tags)\/[^*]*\*$/.test(text);
    if (isPrefix)
        return { kind: 'ref', text: text.slice(0, -1), isPrefix };
    if (/^refs\/[^*\s]+\/[^*\s]+$/.test(text))
        return { kind: 'ref', text, isPrefix };
    const plain = /^[^*/\s]+$/.test(text) ? text : 'main';
    throw invalidInput(name, `"${text}" is neither a full ref nor a commit`, `Write ${before}@refs/heads/${plain} for a branch, or ${before}@refs/tags/${plain} for a tag; a * may stand at the end of either.`);
}
/** `IDENTITY ISSUER`. */
function parseSigner(line) {
    const [text = '', issuer = '', ...more] = line.split(/\s+/);
    const isPrefix = /@refs\/[^*/]+\/[^*]*\*$/.test(text);
    const identity = isPrefix ? text.slice(0, -1) : text;
    if (!/^https:\/\/[^\s/*]+[^\s*]*$/.test(issuer) || more.length > 0 || identity.includes('*')) {
        throw invalidInput('signed-by', `"${line}" is not IDENTITY ISSUER`, 'Write the identity, a space and the issuer, for example https://github.com/octo-org/shop/.github/workflows/release.yml@refs/tags/* https://token.actions.githubusercontent.com. A * may stand only at the end, after @refs/…/.');
    }
    return { identity, isPrefix, issuer };
}
/** PEM blocks, one after the other, or a path a line. */
function parseKeySources(text) {
    if (!text.includes('-----BEGIN'))
        return parseLines(text).map((path) => ({ path }));
    const rest = text.replace(/-----BEGIN [A-Z ]+-----[^-]*-----END [A-Z ]+-----/g, '').trim();
    if (rest === '')
        return [{ pem: text }];
    throw invalidInput('public-key', 'something stands beside the PEM blocks', 'Write PEM blocks, or a path a line.');
}
function oneOf(name, input, values) {
    const text = input(name);
    const value = values.find((candidate) => candidate === text);
    if (value !== undefined)
        return value;
    throw invalidInput(name, `"${text}" is none of its values`, `Write ${values.join(' or ')}.`);
}

;// CONCATENATED MODULE: ./lib/src/action/input-table.js


/**
 * Every input with its default, as `action.yml` has them. `none` is the default of gates, so that one that is not set
 * and one that was set to nothing differ: an empty gate is what a dropped job output or a misspelt id looks like.
 */
const inputDefaults = {
    image: '',
    platform: 'linux/amd64',
    registry: '',
    username: '',
    password: '',
    'github-token': '',
    'auth-hosts': '',
    'plain-http': '',
    inspect: 'false',
    'expected-digest': 'none',
    'expected-labels': 'none',
    'require-platforms': 'none',
    'verify-blobs': 'false',
    'fail-on-missing': 'true',
    'wait-timeout': '0',
    'wait-interval': '5s',
    'built-from': 'none',
    'built-by': 'none',
    runners: 'github-hosted',
    'predicate-type': 'https://slsa.dev/provenance/v1',
    'signed-by': 'none',
    'public-key': 'none',
    'transparency-log': 'required',
    'attested-digest': 'digest',
    'trusted-root': 'none',
    'require-referrers': 'none',
    referrers: 'false',
    'export-to': '',
    mirrors: '',
    'compare-with': '',
    'base-image': '',
    timeout: '2m',
    summary: 'true',
};
/** Inputs that must not arrive empty: what they guard would then be left open. */
const neverEmpty = new Set([
    'verify-blobs',
    'fail-on-missing',
    'runners',
    'predicate-type',
    'transparency-log',
    'attested-digest',
]);
/** Gates in whose lines a comma is an ordinary character. */
const lineGates = new Set([
    'expected-labels',
    'built-from',
    'built-by',
    'signed-by',
    'public-key',
    'trusted-root',
]);
/** Reads inputs from the variables by which the runner gives them. Throws `invalid-input` for what must not be empty. */
function inputReader(env) {
    return (name) => {
        const text = env[variableOf(name)]?.trim();
        if (text === '' && neverEmpty.has(name))
            throw emptyInput(name, `write ${inputDefaults[name]} for the default`);
        return text || inputDefaults[name];
    };
}
/** The variable by which the runner gives an input. It keeps hyphens. */
function variableOf(name) {
    return `INPUT_${name.toUpperCase()}`;
}
function emptyInput(name, whatElse) {
    return new src_error/* ActionError */.lZ('invalid-input', `${name} is empty. An output that it comes from may have been dropped or misspelt; ${whatElse}.`, {
        advice: 'Check the step or job that the value comes from. In a reusable workflow or a composite action give your own input the same default.',
    });
}
/** What a gate demands; undefined where it is not set. One that is there and demands nothing is refused. */
function readGate(name, env, parse) {
    const text = env[variableOf(name)]?.trim() ?? 'none';
    if (text === 'none')
        return undefined;
    if (text === '')
        throw emptyInput(name, 'write none where no gate is wanted');
    const items = lineGates.has(name) ? parseLines(text) : parseList(text);
    if (items.includes('none')) {
        throw invalidInput(name, 'none stands beside other lines', 'Write none alone, or what the gate demands.');
    }
    if (items.length > 0)
        return aboutInput(name, () => parse(text));
    throw invalidInput(name, 'it names nothing to check', 'Write what it demands, or none where no gate is wanted.');
}
/** Adds to an error about a value which input it came by. */
function aboutInput(name, parse) {
    try {
        return parse();
    }
    catch (error) {
        if (!(error instanceof src_error/* ActionError */.lZ))
            throw error;
        const prefix = `The input ${name} cannot be used:`;
        throw error.message.startsWith(prefix) ? error : error.with({ message: `${prefix} ${error.message}` });
    }
}

;// CONCATENATED MODULE: ./lib/src/action/inputs.js










/**
 * Reads and checks all inputs.
 *
 * @throws ActionError `invalid-input`, or `unsupported` for a digest of an unknown algorithm
 */
function readInputs(env, machine) {
    checkProxies(env);
    const input = inputReader(env);
    const parse = (text) => parseSource(text, machine.platform === 'win32');
    const images = readImages(input, parse);
    const timeoutMs = parseDuration('timeout', input('timeout'));
    if (timeoutMs === 0)
        throw invalidInput('timeout', 'nothing can be resolved in no time', 'Write for example 2m.');
    const gates = readGates(env, input);
    const referrers = parseBoolean('referrers', input('referrers'));
    if (referrers)
        refuseLayouts('referrers', images);
    if (gates.requiredReferrers !== undefined)
        refuseLayouts('require-referrers', images);
    const { builtFrom, signedBy } = gates.attestation ?? {};
    if (gates.attestation)
        refuseLayouts(builtFrom ? 'built-from' : signedBy ? 'signed-by' : 'public-key', images);
    const exportTo = input('export-to');
    if (exportTo !== '')
        refuseSameNames(images);
    const waitTimeoutMs = parseDuration('wait-timeout', input('wait-timeout'));
    if (waitTimeoutMs > 0 && images.every(({ source }) => source.kind === 'layout'))
        throw nothingToWaitFor();
    return {
        images,
        platforms: readPlatforms(input),
        credentials: credentialSources({ env, input, machine, timeoutMs }, registriesOf(images)),
        authHosts: readAuthHosts(input),
        plainHttp: new Set(parseList(input('plain-http')).map((host) => parseRegistryInput('plain-http', host))),
        inspect: parseBoolean('inspect', input('inspect')) || gates.expectedLabels !== undefined,
        gates,
        failOnMissing: parseBoolean('fail-on-missing', input('fail-on-missing')),
        waitTimeoutMs,
        waitIntervalMs: parseDuration('wait-interval', input('wait-interval')),
        exportTo,
        compareWith: readSource('compare-with', input, parse),
        baseImage: input('base-image') === 'auto' ? 'auto' : readSource('base-image', input, parse),
        referrers,
        mirrors: readMirrors(input),
        timeoutMs,
        summary: parseBoolean('summary', input('summary')),
    };
}
/** A proxy setting that cannot be read would be ignored in silence, and the proxy with it. */
function checkProxies(env) {
    for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']) {
        const value = env[name] ?? '';
        if (value === '' || isProxy(value))
            continue;
        throw new src_error/* ActionError */.lZ('invalid-input', `The environment variable ${name} is not a proxy.`, {
            advice: 'Write http://host:port, with special characters of user name and password percent-encoded.',
        });
    }
}
function readImages(input, parse) {
    const texts = parseLines(input('image'));
    if (texts.length === 0)
        throw invalidInput('image', 'it is empty', 'Write a reference, as for docker pull.');
    return texts.map((text) => ({ text, source: parse(text) }));
}
/** Two images of one name in a layout could not be told apart. */
function refuseSameNames(images) {
    const names = new Set();
    for (const { text, source } of images) {
        const own = source.kind === 'layout' ? [formatSource(source), source.name] : [fullReference(source)];
        for (const name of own.filter((name) => name !== '')) {
            if (names.has(name)) {
                const why = `"${text}" has the name of another line, and export-to needs one name for each`;
                throw invalidInput('image', why, 'Remove one, or export it in another step.');
            }
        }
        for (const name of own)
            names.add(name);
    }
}
/** What refers to an image is for a registry to say. */
function refuseLayouts(name, images) {
    const layout = images.find(({ source }) => source.kind === 'layout');
    if (layout === undefined)
        return;
    throw invalidInput(name, `"${layout.text}" is a local layout`, 'It is for images on registries only.');
}
function nothingToWaitFor() {
    return invalidInput('wait-timeout', 'only images on registries are waited for', 'Leave it out for local layouts.');
}
function registriesOf(images) {
    return new Set(images.flatMap(({ source }) => (source.kind === 'registry' ? [source.reference.registry] : [])));
}
function readSource(name, input, parse) {
    const text = input(name);
    return text === '' ? undefined : aboutInput(name, () => parse(text));
}
function readPlatforms(input) {
    const texts = parseList(input('platform'));
    if (texts.length === 0)
        throw invalidInput('platform', 'it names none', 'Write for example linux/amd64, or all.');
    if (!texts.some((text) => text.toLowerCase() === 'all')) {
        const platforms = aboutInput('platform', () => texts.map(parsePlatform));
        return [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()];
    }
    if (texts.length === 1)
        return 'all';
    throw invalidInput('platform', 'all goes with no other platform', 'Write all, or a list without it.');
}
function readGates(env, input) {
    return {
        expectedDigests: readGate('expected-digest', env, parseExpectedDigests),
        expectedLabels: readGate('expected-labels', env, parseExpectedLabels),
        requiredPlatforms: readGate('require-platforms', env, (text) => parseList(text).map(parsePlatform)),
        verifyBlobs: parseBoolean('verify-blobs', input('verify-blobs')),
        requiredReferrers: readGate('require-referrers', env, parseList),
        attestation: attestationSettings({ env, input, gate: (name, parse) => readGate(name, env, parse) }),
    };
}
function readAuthHosts(input) {
    const pairs = new Map();
    for (const line of parseList(input('auth-hosts'))) {
        const [registry = '', host = '', ...rest] = line.split('=').map((part) => part.trim());
        if (rest.length > 0 || host === '') {
            throw invalidInput('auth-hosts', `"${line}" is not a pair`, 'Write REGISTRY=HOST.');
        }
        const key = parseRegistryInput('auth-hosts', registry);
        const hosts = pairs.get(key) ?? new Set();
        const tokenHost = (0,oci_host/* parseHost */.o)(host);
        if (tokenHost === undefined)
            throw invalidRegistry('auth-hosts', host);
        pairs.set(key, hosts.add(tokenHost));
    }
    return pairs;
}
function readMirrors(input) {
    const mirrors = new Map();
    for (const line of parseList(input('mirrors'))) {
        const [registry = '', place = '', ...rest] = line.split('=').map((part) => part.trim());
        const [, host = '', prefix = ''] = /^([^/]+)(?:\/(.+?))?\/?$/.exec(place) ?? [];
        if (rest.length > 0 || host === '' || (prefix !== '' && !(0,reference/* isRepositoryPath */.og)(prefix))) {
            const shown = (0,reference/* withoutUserinfo */.Q3)(line);
            throw invalidInput('mirrors', `"${shown}" is not a mirror`, 'Write REGISTRY=HOST or REGISTRY=HOST:PORT/PREFIX.');
        }
        const key = parseRegistryInput('mirrors', registry);
        const mirror = { host: parseRegistryInput('mirrors', host), prefix };
        mirrors.set(key, [...(mirrors.get(key) ?? []), mirror]);
    }
    return mirrors;
}

;// CONCATENATED MODULE: external "os"
const external_os_namespaceObject = require("os");
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/utils.js
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */
/**
 * Sanitizes an input into a string so it can be passed into issueCommand safely
 * @param input input to sanitize into a string
 */
function toCommandValue(input) {
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
function toCommandProperties(annotationProperties) {
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
function issueCommand(command, properties, message) {
    const cmd = new Command(command, properties, message);
    process.stdout.write(cmd.toString() + external_os_namespaceObject.EOL);
}
function issue(name, message = '') {
    issueCommand(name, {}, message);
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
    return toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A');
}
function escapeProperty(s) {
    return toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A')
        .replace(/:/g, '%3A')
        .replace(/,/g, '%2C');
}
//# sourceMappingURL=command.js.map
// EXTERNAL MODULE: external "crypto"
var external_crypto_ = __nccwpck_require__(6982);
;// CONCATENATED MODULE: external "fs"
const external_fs_namespaceObject = require("fs");
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/file-command.js
// For internal use, subject to change.
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */




function issueFileCommand(command, message) {
    const filePath = process.env[`GITHUB_${command}`];
    if (!filePath) {
        throw new Error(`Unable to find environment variable for file command ${command}`);
    }
    if (!external_fs_namespaceObject.existsSync(filePath)) {
        throw new Error(`Missing file at path: ${filePath}`);
    }
    external_fs_namespaceObject.appendFileSync(filePath, `${toCommandValue(message)}${external_os_namespaceObject.EOL}`, {
        encoding: 'utf8'
    });
}
function prepareKeyValueMessage(key, value) {
    const delimiter = `ghadelimiter_${external_crypto_.randomUUID()}`;
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
    return `${key}<<${delimiter}${external_os_namespaceObject.EOL}${convertedValue}${external_os_namespaceObject.EOL}${delimiter}`;
}
//# sourceMappingURL=file-command.js.map
;// CONCATENATED MODULE: external "path"
const external_path_namespaceObject = require("path");
// EXTERNAL MODULE: external "http"
var external_http_ = __nccwpck_require__(8611);
var external_http_namespaceObject = /*#__PURE__*/__nccwpck_require__.t(external_http_, 2);
// EXTERNAL MODULE: external "https"
var external_https_ = __nccwpck_require__(5692);
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
class HttpClient {
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
class BearerCredentialHandler {
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



class OidcClient {
    static createHttpClient(allowRetry = true, maxRetry = 10) {
        const requestOptions = {
            allowRetries: allowRetry,
            maxRetries: maxRetry
        };
        return new HttpClient('actions/oidc-client', [new BearerCredentialHandler(OidcClient.getRequestToken())], requestOptions);
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
            const httpclient = OidcClient.createHttpClient();
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
                let id_token_url = OidcClient.getIDTokenUrl();
                if (audience) {
                    const encodedAudience = encodeURIComponent(audience);
                    id_token_url = `${id_token_url}&audience=${encodedAudience}`;
                }
                debug(`ID token url is ${id_token_url}`);
                const id_token = yield OidcClient.getCall(id_token_url);
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
const markdownSummary = _summary;
const summary = _summary;
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
    return pth.replace(/[/\\]/g, external_path_namespaceObject.sep);
}
//# sourceMappingURL=path-utils.js.map
;// CONCATENATED MODULE: ./stubs/exec/index.js
/**
 * The one name that @actions/core 3 imports from @actions/exec, for `platform.getDetails()`, which this action never
 * calls; the real package starts programs, and loads what that takes at every start.
 */
function getExecOutput() {
  throw new Error('@actions/exec is not part of this build: see stubs/exec in the repository');
}

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
    const { stdout: version } = yield getExecOutput('powershell -command "(Get-CimInstance -ClassName Win32_OperatingSystem).Version"', undefined, {
        silent: true
    });
    const { stdout: name } = yield getExecOutput('powershell -command "(Get-CimInstance -ClassName Win32_OperatingSystem).Caption"', undefined, {
        silent: true
    });
    return {
        name: name.trim(),
        version: version.trim()
    };
});
const getMacOsInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    var _a, _b, _c, _d;
    const { stdout } = yield getExecOutput('sw_vers', undefined, {
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
    const { stdout } = yield getExecOutput('lsb_release', ['-i', '-r', '-s'], {
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
function setSecret(secret) {
    issueCommand('add-mask', {}, secret);
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
    process.env['PATH'] = `${inputPath}${external_path_namespaceObject.delimiter}${process.env['PATH']}`;
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
    process.stdout.write(external_os_namespaceObject.EOL);
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
function debug(message) {
    issueCommand('debug', {}, message);
}
/**
 * Adds an error issue
 * @param message error issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function error(message, properties = {}) {
    issueCommand('error', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a warning issue
 * @param message warning issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function warning(message, properties = {}) {
    issueCommand('warning', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
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
    issue('group', name);
}
/**
 * End an output group.
 */
function endGroup() {
    issue('endgroup');
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
;// CONCATENATED MODULE: ./lib/src/action/printable.js
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

;// CONCATENATED MODULE: ./lib/src/action/secrets.js

/** Characters that a line of a secret must have for the runner to mask it: a shorter mask would hide other words, too. */
const minMaskLength = 16;
/**
 * Characters from which on a secret is cut out of all that is printed; a shorter one, which would be found in our own
 * words, only out of quotes. A registry chooses its tokens, and no password has three characters.
 */
const minSecretLength = 4;
const minTokenLength = 8;
/**
 * Keeps the secrets of a run.
 *
 * @param mask has the runner mask a line
 */
function openSecrets(mask) {
    const secrets = new Set();
    const onlyQuoted = new Set();
    const masked = new Set();
    const keep = (line, minLength) => {
        if (line === '')
            return;
        for (const form of formsOf(line))
            (line.length >= minLength ? secrets : onlyQuoted).add(form);
    };
    return {
        keepSecret(secret) {
            for (const line of secret.split(/[\r\n]+/)) {
                if (line.length >= minMaskLength && !masked.has(line))
                    mask(line);
                masked.add(line);
                keep(line, minSecretLength);
            }
        },
        keepToken: (token) => keep(token, minTokenLength),
        redact: (text) => redact(text, secrets),
        redactQuote(text, maxLength) {
            // All at once, as a short secret may be a part of a long one.
            const hidden = [...secrets, ...onlyQuoted];
            const begin = redact(text.slice(0, maxLength), hidden);
            // What ends where a text was cut may be the beginning of a secret.
            const unsure = text.length > maxLength ? Math.max(0, ...hidden.map(({ length }) => length)) : 0;
            return begin.slice(0, Math.max(0, begin.length - unsure));
        },
    };
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

;// CONCATENATED MODULE: ./lib/src/action/log.js



/** Annotations that one step may write; the runner drops what comes after. */
const maxAnnotations = 10;
/** Warnings among them, so that there is room for what made the step fail. */
const maxWarnings = 3;
/** Characters of one annotation, below the 4,096 that the runner keeps. */
const maxAnnotationLength = 4000;
/** Characters that are shown of another's own words. */
const maxQuoteLength = 512;
/** Characters of another's words that are looked at: fewer than any error body has that was cut. */
const maxQuoteSource = 16_000;
/** Characters of a line of the log. */
const maxLineLength = 8000;
/** Characters of each part of an annotation. */
const maxPartLength = 1800;
/** A log on standard output, by the runner's workflow commands. */
function openLog(commands = core_namespaceObject) {
    const secrets = openSecrets(commands.setSecret);
    let annotations = 0;
    // Cut after redaction, or half a secret could be left, and before the rest, which costs more than a long text is worth.
    const safe = (text) => printable(shorten(secrets.redact(text), maxLineLength));
    return {
        keepSecret: secrets.keepSecret,
        keepToken: secrets.keepToken,
        line: (text) => commands.info(safe(text)),
        group(title, lines) {
            commands.startGroup(safe(title));
            for (const line of lines)
                commands.info(safe(line));
            commands.endGroup();
        },
        warning(text) {
            annotations += 1;
            if (annotations > maxWarnings)
                commands.info(`Warning: ${safe(text)}`);
            else
                commands.warning(shorten(safe(text), maxAnnotationLength), { title: 'Image Digests' });
        },
        annotationsLeft: () => maxAnnotations - Math.min(annotations, maxWarnings),
        error(code, lines) {
            const whole = lines.map(safe);
            for (const line of whole)
                if (line.length > maxPartLength)
                    commands.info(line);
            const text = whole.map((line) => shorten(line, maxPartLength)).join('\n');
            commands.error(shorten(text, maxAnnotationLength), { title: `Image Digests: ${code}` });
        },
        safe,
        quote(text) {
            const shown = secrets.redactQuote(text, maxQuoteSource).replace(/\s+/g, ' ').trim();
            return shorten(printable(shown), maxQuoteLength);
        },
    };
}
/** At most so many characters, with how many were left out. */
function shorten(text, maxLength) {
    if (text.length <= maxLength)
        return text;
    const kept = text.slice(0, maxLength - 32).replace(/[\ud800-\udbff]$/, '');
    return `${kept}… (${text.length - kept.length} more characters)`;
}

;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = require("node:os");
;// CONCATENATED MODULE: ./lib/src/action/machine.js



/** Masks the secrets among the inputs before anything else happens. */
function keepSecrets(env, log) {
    const input = inputReader(env);
    for (const secret of [input('password'), githubToken(input)])
        if (secret !== '')
            log.keepSecret(secret);
}
/** Node can be told by a variable to trust any certificate; a step whose result gates a deploy must not be. */
function requireCertificates(env, log) {
    if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
        log.warning('NODE_TLS_REJECT_UNAUTHORIZED is ignored: certificates are always checked.');
    }
    delete env['NODE_TLS_REJECT_UNAUTHORIZED'];
}
/** What inputs are read from besides the environment. */
function thisMachine() {
    return { platform: process.platform, homeFolder: homeFolder(), userId: process.getuid?.() };
}
/** Empty for a user without a home, as in some containers. */
function homeFolder() {
    try {
        return (0,external_node_os_namespaceObject.homedir)();
    }
    catch {
        return '';
    }
}

;// CONCATENATED MODULE: ./lib/src/action/version.js
/** The version in `package.json`, which a test holds against this one. */
const version = '1.0.0';

// EXTERNAL MODULE: ./lib/src/content/budget.js
var budget = __nccwpck_require__(5819);
;// CONCATENATED MODULE: ./lib/src/async/single-flight.js

/**
 * Gets something once for all who want it by the same key. What failed is got anew for whoever comes later, and for
 * those who have time left when the operation that they shared it with had none.
 *
 * @param signal ends the caller's own operation
 */
async function singleFlight(flights, key, signal, get) {
    for (let flight = flights.get(key); flight !== undefined; flight = flights.get(key)) {
        try {
            return await flight;
        }
        catch (error) {
            if (!isTimeoutOfAnother(error, signal))
                throw error;
        }
    }
    const flight = get();
    flights.set(key, flight);
    try {
        return await flight;
    }
    catch (error) {
        flights.delete(key);
        throw error;
    }
}
/** Gets something once, when it is first wanted. */
function once(get) {
    let value;
    return () => {
        value ??= get();
        return value;
    };
}
/** Whether something shared failed because the time of another operation was over, while this one has some left. */
function isTimeoutOfAnother(error, signal) {
    return error instanceof src_error/* ActionError */.lZ && error.code === 'timeout' && !signal.aborted;
}

;// CONCATENATED MODULE: ./lib/src/content/cache.js


/** An empty cache. */
function contentCache() {
    return { documents: new Map(), blobs: new Map() };
}
/**
 * Fetches each digest once in a run. A tag may move, so it is looked up each time.
 *
 * @param name what the store is of, apart from others in the cache
 * @param signal ends the operation that the store is bound to
 */
function withCache(store, name, cache, signal) {
    const { documents, blobs } = cache;
    return {
        ...store,
        resolve(target) {
            if (!(0,oci_digest/* isDigest */.Bc)(target))
                return store.resolve(target);
            return singleFlight(documents, `${name}@${target}`, signal, () => store.resolve(target));
        },
        document(descriptor) {
            const { digest, mediaType, size } = descriptor;
            const key = `${name}@${digest} ${mediaType} ${size}`;
            return singleFlight(documents, key, signal, () => store.document(descriptor));
        },
        blob(descriptor) {
            const key = `${name}@${descriptor.digest} ${descriptor.size}`;
            return singleFlight(blobs, key, signal, () => store.blob(descriptor));
        },
    };
}

;// CONCATENATED MODULE: ./lib/src/async/semaphore.js
/** A semaphore with so many slots. */
function semaphore(slots) {
    const queue = [];
    let taken = 0;
    const releaser = () => {
        let isReleased = false;
        return () => {
            if (isReleased)
                return;
            isReleased = true;
            const next = queue.shift();
            if (next)
                next();
            else
                taken -= 1;
        };
    };
    const acquire = async (signal) => {
        if (taken < slots)
            taken += 1;
        else
            await enqueue(queue, signal);
        return releaser();
    };
    return {
        acquire,
        tryAcquire() {
            if (taken >= slots)
                return undefined;
            taken += 1;
            return releaser();
        },
        async run(task, signal) {
            const release = await acquire(signal);
            try {
                return await task();
            }
            finally {
                release();
            }
        },
    };
}
/** Waits until a task that has ended passes its slot on. */
function enqueue(queue, signal) {
    return new Promise((resolve, reject) => {
        if (signal?.aborted)
            return reject(signal.reason);
        const start = () => {
            signal?.removeEventListener('abort', leave);
            resolve();
        };
        const leave = () => {
            queue.splice(queue.indexOf(start), 1);
            reject(signal?.reason);
        };
        queue.push(start);
        signal?.addEventListener('abort', leave, { once: true });
    });
}

;// CONCATENATED MODULE: ./lib/src/oci/media-type.js
/** The four media types that are requested, in the order of the `Accept` header. */
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
/** Whether `type` is that of an index. */
function isIndexType(type) {
    return isManifestType(type) && kinds[type] === 'index';
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
 * Whether `type` is that of a layer which registries need not have.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers
 */
function isNonDistributableType(type) {
    return /^application\/vnd\.(?:oci\.image\.layer\.nondistributable|docker\.image\.rootfs\.foreign)\./.test(type);
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

// EXTERNAL MODULE: ./lib/src/oci/fields.js
var oci_fields = __nccwpck_require__(8879);
;// CONCATENATED MODULE: ./lib/src/oci/descriptor.js

const descriptorFields = ['mediaType', 'digest', 'size', 'urls', 'data', 'annotations', 'artifactType', 'platform'];
/**
 * Reads a descriptor. `what` names it in an error.
 *
 * @throws ActionError `invalid-manifest`
 */
function readDescriptor(value, what) {
    const descriptor = (0,oci_fields/* asObject */.eB)(value, what);
    (0,oci_fields/* refuseCaseVariants */.j4)(descriptor, descriptorFields, what);
    (0,oci_fields/* asOptionalTexts */.Jj)(descriptor['urls'], `${what}.urls`);
    (0,oci_fields/* asOptionalText */.gy)(descriptor['data'], `${what}.data`);
    return {
        mediaType: (0,oci_fields/* asMediaType */.Hm)(descriptor['mediaType'], `${what}.mediaType`),
        digest: (0,oci_fields/* asDigest */.J6)(descriptor['digest'], `${what}.digest`),
        size: (0,oci_fields/* asSize */.ED)(descriptor['size'], `${what}.size`),
        annotations: (0,oci_fields/* asTextMap */.U7)(descriptor['annotations'], `${what}.annotations`),
        artifactType: (0,oci_fields/* asOptionalText */.gy)(descriptor['artifactType'], `${what}.artifactType`),
    };
}

;// CONCATENATED MODULE: ./lib/src/oci/index.js





const platformFields = ['os', 'architecture', 'variant', 'os.version', 'os.features', 'features'];
/** Characters; platforms are printed in many places. */
const maxPlatformPartLength = 64;
/** By what BuildKit marks an entry as an attestation about another. */
const attestationAnnotation = 'vnd.docker.reference.type';
/**
 * Reads the fields of a document that is an index.
 *
 * @throws ActionError `invalid-manifest`
 */
function readIndex(document, mediaType) {
    return {
        kind: 'index',
        mediaType,
        manifests: (0,oci_fields/* asArrayOrNull */.ad)(document['manifests'], 'manifests').map((entry, at) => readEntry(entry, `manifests[${at}]`)),
        annotations: (0,oci_fields/* asTextMap */.U7)(document['annotations'], 'annotations'),
    };
}
/** Whether an entry is another index. */
function isNestedIndex({ mediaType }) {
    return isIndexType(mediaType);
}
/**
 * Whether an entry is about others and no image itself. The annotation of an attestation hides nothing beside a real
 * platform: every other client chooses such an entry, and whoever may push a tag could hide from a gate what they run.
 */
function isAttestationEntry({ platform, annotations }) {
    return platform === undefined ? attestationAnnotation in annotations : isUnknownPlatform(platform);
}
function readEntry(value, what) {
    const entry = (0,oci_fields/* asObject */.eB)(value, what);
    return { ...readDescriptor(entry, what), platform: readPlatform(entry['platform'], `${what}.platform`) };
}
/**
 * Reads a platform, of an index entry or of the fields of an image config; undefined when it names neither os nor
 * architecture.
 *
 * @throws ActionError `invalid-manifest`
 */
function readPlatform(value, what) {
    if (value === undefined || value === null)
        return undefined;
    const fields = (0,oci_fields/* asObject */.eB)(value, what);
    (0,oci_fields/* refuseCaseVariants */.j4)(fields, platformFields, what);
    const platform = withUsedOsVersion({
        os: (0,oci_fields/* asOptionalText */.gy)(fields['os'], `${what}.os`),
        architecture: (0,oci_fields/* asOptionalText */.gy)(fields['architecture'], `${what}.architecture`),
        variant: (0,oci_fields/* asOptionalText */.gy)(fields['variant'], `${what}.variant`),
        osVersion: (0,oci_fields/* asOptionalText */.gy)(fields['os.version'], `${what}["os.version"]`),
        osFeatures: (0,oci_fields/* asOptionalTexts */.Jj)(fields['os.features'], `${what}["os.features"]`),
    });
    const { os, architecture, variant, osVersion, osFeatures } = platform;
    if (os === '' && architecture === '')
        return undefined;
    if ([os, architecture, variant, osVersion, ...osFeatures].some((part) => part.length > maxPlatformPartLength)) {
        throw new src_error/* ActionError */.lZ('invalid-manifest', `${what} is longer than any platform.`);
    }
    return platform;
}

;// CONCATENATED MODULE: ./lib/src/oci/manifest.js




/**
 * Reads the fields of a document that is a manifest.
 *
 * @throws ActionError `invalid-manifest`
 */
function readManifest(document, mediaType) {
    const config = readDescriptor(document['config'], 'config');
    const layers = (0,oci_fields/* asArrayOrNull */.ad)(document['layers'], 'layers').map((layer, at) => readDescriptor(layer, `layers[${at}]`));
    const subject = document['subject'] ?? undefined;
    return {
        kind: 'manifest',
        mediaType,
        config,
        layers,
        size: sizeOf([config, ...layers]),
        annotations: (0,oci_fields/* asTextMap */.U7)(document['annotations'], 'annotations'),
        artifactType: (0,oci_fields/* asOptionalText */.gy)(document['artifactType'], 'artifactType'),
        subject: subject === undefined ? undefined : readDescriptor(subject, 'subject'),
    };
}
/** Whether a manifest is that of an image, and not of some other artifact. */
function isImageManifest({ config, mediaType }) {
    return isImageConfigType(config.mediaType, mediaType);
}
function sizeOf(blobs) {
    const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
    if (Number.isSafeInteger(size))
        return size;
    throw new src_error/* ActionError */.lZ('invalid-manifest', 'The sizes of config and layers add up to more than 2^53 bytes.');
}

// EXTERNAL MODULE: ./lib/src/oci/strict-json.js
var strict_json = __nccwpck_require__(9086);
;// CONCATENATED MODULE: ./lib/src/oci/document.js






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
const schema1 = 'It is a schema 1 manifest, whose digests cannot be computed from its bytes.';
const pushAgain = 'Push the image again with a current client.';
/**
 * Reads an index or a manifest whose digest has been verified.
 *
 * @param contentType the `Content-Type` it came with
 * @throws ActionError `invalid-manifest` when it is not strict JSON, ambiguous or of the wrong shape,
 *   `unsupported` for schema 1 and unknown media types
 */
function parseDocument(bytes, contentType) {
    const type = essence(contentType);
    refuseUnsupportedType(type);
    const document = (0,oci_fields/* asObject */.eB)((0,strict_json/* parseStrictJson */.R)(bytes), 'The document');
    (0,oci_fields/* refuseCaseVariants */.j4)(document, documentFields, 'the document');
    if (document['schemaVersion'] === 1)
        throw new src_error/* ActionError */.lZ('unsupported', schema1, { advice: pushAgain });
    if (document['schemaVersion'] !== 2)
        throw document_invalid('schemaVersion is not 2.');
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
        throw new src_error/* ActionError */.lZ('unsupported', schema1, { advice: pushAgain });
    if (isManifestType(type) || isGenericType(type))
        return;
    throw new src_error/* ActionError */.lZ('unsupported', `The media type "${type}" is neither that of an index nor of a manifest.`, {
        advice: 'Check that the reference names an image, and that no proxy or login page responds in place of the registry.',
    });
}
/** The media type by header, field and shape, which must all agree where they say anything. */
function mediaTypeOf(contentType, document) {
    const shape = shapeOf(document);
    const field = (0,oci_fields/* asOptionalText */.gy)(document['mediaType'], 'mediaType');
    if (isManifestType(contentType) && field !== '' && field !== contentType) {
        throw document_invalid(`The Content-Type is ${contentType}, but mediaType is "${field}".`);
    }
    if (field !== '')
        refuseUnsupportedType(field);
    const type = [contentType, field].find(isManifestType) ?? `application/vnd.oci.image.${shape}.v1+json`;
    if (kindOf(type) !== shape)
        throw document_invalid(`It is announced as ${type}, but it has the fields of the other kind.`);
    return type;
}
/** What a document is by its fields. A null is an absent list to Go, but its name still tells the kind. */
function shapeOf(document) {
    const has = (field) => field in document && document[field] !== null;
    if (has('manifests') && (has('config') || has('layers'))) {
        throw document_invalid('It has manifests together with config or layers: it is ambiguous (CVE-2021-41190).');
    }
    if (has('fsLayers'))
        throw document_invalid('It has fsLayers, a field of schema 1: it is ambiguous.');
    if (has('config') && 'layers' in document)
        return 'manifest';
    if ('manifests' in document && !has('config') && !has('layers'))
        return 'index';
    throw document_invalid('It has neither manifests nor config and layers.');
}
function document_invalid(why) {
    return new src_error/* ActionError */.lZ('invalid-manifest', why);
}

;// CONCATENATED MODULE: ./lib/src/image/layout-plan.js




/** Levels of index below one another, and documents of one layout. */
const maxLevels = 5;
const maxDocuments = 5_000;
/** A plan for nothing. */
function emptyPlan() {
    return { entries: [], documents: new Map(), blobs: new Map() };
}
/**
 * Adds an image to a plan, with what its index names where all platforms are wanted.
 *
 * @returns the image, each platform with its name in the layout
 * @throws ActionError `size-mismatch` for a blob that is described in two ways, and what the store throws
 */
async function planImage(image, plan, { platforms, store, hasSeveralImages, warn }) {
    const isWhole = platforms === 'all' && image.isIndex;
    const scope = { hasSeveralImages, hasSeveralPlatforms: platforms !== 'all' && platforms.length > 1 };
    if (isWhole) {
        plan.documents.set(image.digest, image.bytes);
        await planDocument(parseDocument(image.bytes, image.mediaType), plan, store);
    }
    const entries = [];
    for (const entry of image.entries) {
        const names = namesIn(image, entry, scope);
        if (!isWhole) {
            plan.documents.set(entry.manifestDigest, entry.manifestBytes);
            await planDocument(entry.manifest, plan, store);
        }
        entries.push({ ...entry, layoutName: names.refName });
        addEntry(plan, isWhole ? indexEntry(image, names) : manifestEntry(entry, names));
        if (names.refName !== '' && !isRefName(names.refName)) {
            warn(`The name ${names.refName} is written into the layout, but is not one by the specification.`);
        }
    }
    return { ...image, entries };
}
/** All platforms are one entry, and so are two that chose the same manifest, named after what was chosen. */
function addEntry(plan, entry) {
    const text = JSON.stringify(entry);
    if (!plan.entries.some((other) => JSON.stringify(other) === text))
        plan.entries.push(entry);
}
function namesIn(image, entry, scope) {
    return layoutNames(image.request.source, entry, image.entries, scope);
}
async function planDocument(document, plan, store, level = 1) {
    if (document.kind === 'manifest') {
        for (const descriptor of [document.config, ...document.layers])
            planBlob(descriptor, plan, store);
        return;
    }
    if (level > maxLevels)
        throw new src_error/* ActionError */.lZ('invalid-manifest', `Indexes nest in more than ${maxLevels - 1} levels.`);
    await Promise.all(document.manifests.map(async (child) => {
        if (plan.documents.has(child.digest))
            return;
        const verified = await store.document(child);
        plan.documents.set(child.digest, verified.bytes);
        if (plan.documents.size > maxDocuments) {
            throw new src_error/* ActionError */.lZ('invalid-manifest', `The layout would have more than ${maxDocuments} documents.`);
        }
        await planDocument(verified.document, plan, store, level + 1);
    }));
}
/** A blob that one image calls non-distributable is one of all that another has. */
function planBlob(descriptor, { blobs }, store) {
    const other = blobs.get(descriptor.digest);
    if (other !== undefined && other.descriptor.size !== descriptor.size) {
        const message = `${descriptor.digest} is described with ${other.descriptor.size} and ${descriptor.size} bytes.`;
        throw new src_error/* ActionError */.lZ('size-mismatch', message);
    }
    const stores = other?.stores ?? [];
    blobs.set(descriptor.digest, {
        descriptor: other === undefined || isNonDistributableType(other.descriptor.mediaType) ? descriptor : other.descriptor,
        stores: stores.includes(store) ? stores : [...stores, store],
    });
}
function indexEntry({ mediaType, digest, bytes }, names) {
    return { mediaType, digest, size: bytes.byteLength, ...annotationsOf(names) };
}
function manifestEntry({ manifest, manifestDigest, manifestBytes, platform }, names) {
    return {
        mediaType: manifest.mediaType,
        digest: manifestDigest,
        size: manifestBytes.byteLength,
        ...annotationsOf(names),
        ...(platform === undefined ? {} : { platform: writtenPlatform(platform) }),
    };
}
function annotationsOf({ refName, imageName }) {
    const annotations = {
        ...(imageName === '' ? {} : { 'io.containerd.image.name': imageName }),
        ...(refName === '' ? {} : { 'org.opencontainers.image.ref.name': refName }),
    };
    return Object.keys(annotations).length === 0 ? {} : { annotations };
}
function writtenPlatform({ os, architecture, variant, osVersion, osFeatures }) {
    return {
        architecture,
        os,
        ...(osVersion === '' ? {} : { 'os.version': osVersion }),
        ...(osFeatures.length === 0 ? {} : { 'os.features': osFeatures }),
        ...(variant === '' ? {} : { variant }),
    };
}

;// CONCATENATED MODULE: ./lib/src/image/export.js




/** Blobs that are under way: twice as many as downloads, so that the network need not wait for the disk. */
const maxBlobsAtOnce = 16;
/** Milliseconds between two lines about the progress. */
const progressMs = 10_000;
/**
 * Writes images with their configs and all layers into a layout, every byte verified. Whatever fails, nothing is left.
 *
 * @returns the images, each platform with its name in the layout
 * @throws ActionError what the stores and the target throw, `runner-error` where the disk is too small
 */
async function exportImages(images, context) {
    const { target, operation } = context;
    const abort = new AbortController();
    const within = { ...operation, signal: AbortSignal.any([operation.signal, abort.signal]) };
    try {
        const plan = emptyPlan();
        const named = [];
        const { platforms, open, listener } = context;
        const warnings = new Set();
        const warn = (message) => {
            if (!warnings.has(message))
                listener.warn(message);
            warnings.add(message);
        };
        for (const image of images) {
            const store = open(image.request.source, within);
            const hasSeveralImages = images.length > 1;
            named.push(await planImage(image, plan, { platforms, store, hasSeveralImages, warn }));
        }
        await writePlan(plan, context, abort);
        await target.finish(plan.entries);
        return named;
    }
    catch (error) {
        abort.abort(error);
        target.discard();
        throw error;
    }
}
async function writePlan({ documents, blobs }, context, abort) {
    const { target, listener } = context;
    const planned = [...blobs.values()]
        .filter(({ descriptor }) => !documents.has(descriptor.digest))
        // The largest first, so that none is left at the end with one connection.
        .sort((one, other) => other.descriptor.size - one.descriptor.size);
    const bytes = planned.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    const documentBytes = [...documents.values()].reduce((sum, document) => sum + document.byteLength, 0);
    const freeBytes = await target.freeBytes();
    listener.onStart(planned.length, bytes, freeBytes);
    if (bytes + documentBytes > freeBytes)
        throw diskTooSmall(bytes + documentBytes, freeBytes);
    const begin = Date.now();
    let doneBytes = 0;
    const timer = setInterval(() => listener.onProgress(doneBytes, bytes), progressMs);
    const slots = semaphore(maxBlobsAtOnce);
    try {
        for (const [digest, document] of documents)
            await target.writeDocument(digest, document);
        await allOrAbort(planned.map((blob) => slots.run(async () => {
            abort.signal.throwIfAborted();
            await writeBlob(blob, context, (count) => {
                doneBytes += count;
            });
        })), abort);
    }
    finally {
        clearInterval(timer);
    }
    listener.onEnd(planned.length, bytes, Date.now() - begin);
}
async function writeBlob({ descriptor, stores }, { target, listener }, onBytes) {
    const write = (store) => target.writeBlob(descriptor, counted(store.stream(descriptor), onBytes));
    for (const store of stores) {
        try {
            // The bytes may have changed between two parts: they get one more chance, from the first byte on.
            return await write(store).catch((error) => {
                if (!isCause(error, 'resumed'))
                    throw error;
                return write(store);
            });
        }
        catch (error) {
            // Another image may have what one names and lacks.
            if (!isCause(error, 'bad-blob'))
                throw error;
            if (store === stores.at(-1) && !isNonDistributableType(descriptor.mediaType))
                throw error;
        }
    }
    listener.warn(`The layer ${descriptor.digest} is left out: it is not distributable, and is not there.`);
}
function isCause(error, cause) {
    return error instanceof src_error/* ActionError */.lZ && error.cause === cause;
}
async function* counted(chunks, onBytes) {
    for await (const chunk of chunks) {
        onBytes(chunk.byteLength);
        yield chunk;
    }
}
/** Waits for all tasks. The first that fails aborts the others, and is thrown when they have ended. */
async function allOrAbort(tasks, abort) {
    let failure;
    await Promise.all(tasks.map((task) => task.catch((error) => {
        failure ??= { error };
        abort.abort(error);
    })));
    if (failure !== undefined)
        throw failure.error;
}
function diskTooSmall(needed, free) {
    const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
    return new src_error/* ActionError */.lZ('runner-error', `The export needs ${gigabytes(needed)}, ${gigabytes(free)} are free.`, {
        advice: 'Free some space first, or export to another disk.',
    });
}

;// CONCATENATED MODULE: ./lib/src/layout/files.js

/** Bytes that are read at once. */
const chunkBytes = 1024 * 1024;
/**
 * Reads a whole file; undefined where there is none.
 *
 * @throws ActionError `too-large` for more than `maxBytes`
 */
async function readWhole(files, path, maxBytes) {
    const file = await files.open(path);
    if (file === undefined)
        return undefined;
    const parts = [];
    const { size } = file;
    for await (const part of file.read()) {
        if (size > maxBytes)
            throw tooLarge(path, size, maxBytes);
        parts.push(part);
    }
    return Buffer.concat(parts);
}
function tooLarge(path, size, maxBytes) {
    return new src_error/* ActionError */.lZ('too-large', `The layout's ${path} has ${size} bytes; at most ${maxBytes} are read.`);
}

;// CONCATENATED MODULE: ./lib/src/layout/tar-header.js

/** Bytes of a block: a header is one, and content is padded to whole ones. */
const tarBlockBytes = 512;
/**
 * Reads a header.
 *
 * @throws ActionError `invalid-manifest` for a wrong checksum or a number out of range
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */
function parseHeader(block) {
    if (numberAt(block, 148, 8) !== checksumOf(block))
        throw tar_header_invalid('a header has a wrong checksum');
    const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
    const prefix = isUstar ? textAt(block, 345, 155) : '';
    const name = textAt(block, 0, 100);
    const type = block.toString('latin1', 156, 157);
    const size = numberAt(block, 124, 12);
    // Some readers skip the content of a link or folder, and others do not.
    if (/^[1-6]$/.test(type) && size !== 0)
        throw tar_header_invalid('a link or folder has content');
    if (type === 'S')
        throw tar_header_invalid('it holds a sparse file');
    // Some readers take the pax records of Solaris and other extensions for what they say, and others for files.
    if (!/^[0-7xgLK\0]$/.test(type))
        throw tar_header_invalid('it holds an entry of another kind than POSIX and GNU have');
    // In the format of star the prefix is shorter, and times stand behind it.
    if (isUstar && block.toString('latin1', 508, 512) === 'tar\0' && prefix !== textAt(block, 345, 131))
        throw tar_header_invalid('it gives a name in two ways');
    return {
        name: prefix === '' ? name : `${prefix}/${name}`,
        // Old writers mark a folder by the slash alone.
        type: type === '\0' ? (name.endsWith('/') ? '5' : '0') : type,
        size,
    };
}
/**
 * Reads pax records: `LENGTH KEY=VALUE\n`, one after the other.
 *
 * @throws ActionError `invalid-manifest`
 */
function parsePax(content) {
    const records = new Map();
    for (let at = 0; at < content.length;) {
        const space = content.indexOf(' ', at);
        const digits = content.toString('latin1', at, space === -1 ? at : space);
        const length = /^[1-9][0-9]{0,6}$/.test(digits) ? Number(digits) : 0;
        const record = content.toString('utf8', space + 1, at + length);
        const equals = record.indexOf('=');
        if (length === 0 || at + length > content.length || !record.endsWith('\n') || equals < 1) {
            throw tar_header_invalid('a pax record is malformed');
        }
        const key = record.slice(0, equals);
        if (records.has(key))
            throw tar_header_invalid('a pax record is given twice');
        records.set(key, record.slice(equals + 1, -1));
        at += length;
    }
    if (records.get('path')?.includes('\0'))
        throw tar_header_invalid('a name holds a NUL');
    return records;
}
/** Whether there is nothing but zeros. */
function isZeroBlock(block) {
    return block.every((byte) => byte === 0);
}
/** The sum of all bytes, those of the checksum itself taken for spaces. */
function checksumOf(block) {
    let sum = 8 * 32;
    for (let at = 0; at < tarBlockBytes; at += 1)
        if (at < 148 || at >= 156)
            sum += block[at] ?? 0;
    return sum;
}
/** A number in octal digits, or, from 8 GiB on, in binary behind a set bit. */
function numberAt(block, offset, length) {
    const field = block.subarray(offset, offset + length);
    if (((field[0] ?? 0) & 0x80) !== 0)
        return binaryNumber(field);
    const digits = /^ *([0-7]*)[ \0]*$/.exec(field.toString('latin1'))?.[1];
    if (digits === undefined)
        throw tar_header_invalid('a header has a number that cannot be read');
    return digits === '' ? 0 : Number.parseInt(digits, 8);
}
function binaryNumber(field) {
    const value = [...field.subarray(1)].reduce((sum, byte) => sum * 256 + byte, (field[0] ?? 0) & 0x7f);
    if (!Number.isSafeInteger(value))
        throw tar_header_invalid('a header has a number out of range');
    return value;
}
function textAt(block, offset, length) {
    const field = block.subarray(offset, offset + length);
    const end = field.indexOf(0);
    return field.toString('utf8', 0, end === -1 ? length : end);
}
function tar_header_invalid(why) {
    return new src_error/* ActionError */.lZ('invalid-manifest', `The archive cannot be read for certain: ${why}.`, {
        advice: 'Write it anew with the tool that made it; other tools may read another image from it.',
    });
}

;// CONCATENATED MODULE: ./lib/src/layout/archive.js



/** Headers of an archive that are read. */
const maxHeaders = 100_000;
/** Bytes of what stands before a header and says more of it: long names, pax records. */
const maxExtensionBytes = 1024 * 1024;
/** Characters of a name, as systems have it. */
const maxNameLength = 4096;
/** What `docker save` writes beside a layout. */
const dockerManifest = 'manifest.json';
/** Bytes from which on a size does not fit into a plain header. */
const maxPlainSize = 8 * 1024 ** 3;
/**
 * The files of a layout in an uncompressed tar, found by their headers: nothing is ever extracted. An archive that two
 * readers could read differently is refused.
 *
 * @throws ActionError `invalid-manifest`, or `unsupported` for a compressed archive
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
 */
async function archiveFiles(archive, signal) {
    const entries = await readEntries(archive, signal);
    return {
        close: () => archive.handle.close(),
        async open(path) {
            const entry = entries.get(path);
            return entry && { size: entry.size, read: () => readRange(archive, entry.offset, entry.size) };
        },
    };
}
async function readEntries(archive, signal) {
    const entries = new Map();
    const links = new Set();
    let extension = {};
    let offset = 0;
    for (let count = 0;; count += 1) {
        signal.throwIfAborted();
        const block = await readExactly(archive, offset, tarBlockBytes);
        if (offset === 0)
            refuseCompressed(block);
        if (isZeroBlock(block))
            break;
        if (count >= maxHeaders)
            throw archive_invalid(`it has more than ${maxHeaders} headers`);
        const header = parseHeader(block);
        const { type } = header;
        const isExtension = type === 'x' || type === 'g' || type === 'L' || type === 'K';
        const size = isExtension ? header.size : archive_sizeOf(header, extension);
        const content = offset + tarBlockBytes;
        const next = content + Math.ceil(size / tarBlockBytes) * tarBlockBytes;
        if (next > archive.size)
            throw archive_invalid('it is cut off');
        if (isExtension) {
            if (size > maxExtensionBytes)
                throw archive_invalid('a long name or record is too long');
            extension = extended(extension, type, await readExactly(archive, content, size));
        }
        else {
            archive_addEntry(entries, links, header, extension, { offset: content, size });
            extension = {};
        }
        offset = next;
    }
    if (Object.keys(extension).length > 0)
        throw archive_invalid('it ends after a long name or record');
    await requireEnd(archive, offset, signal);
    return entries;
}
function extended(extension, type, content) {
    if (type === 'g') {
        // Some readers forget then what stood before.
        if (Object.keys(extension).length > 0)
            throw archive_invalid('records for all stand between an entry and its own');
        const records = parsePax(content);
        for (const key of records.keys()) {
            if (key === 'path' || key === 'size' || key.startsWith('GNU.sparse'))
                throw archive_invalid(`it gives ${key} for all entries`);
        }
        return extension;
    }
    if (type === 'x') {
        if (extension.pax !== undefined)
            throw archive_invalid('an entry has two lists of pax records');
        return { ...extension, pax: parsePax(content) };
    }
    if (type === 'K')
        return extension;
    if (extension.longName !== undefined)
        throw archive_invalid('an entry has two long names');
    return { ...extension, longName: textUpToNul(content) };
}
function archive_sizeOf(header, { pax }) {
    const text = pax?.get('size');
    if (text === undefined)
        return header.size;
    const size = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(size))
        throw archive_invalid('an entry has a size that is not a number');
    if (size !== header.size && size < maxPlainSize)
        throw archive_invalid('an entry has two sizes');
    if (/^[1-6]$/.test(header.type) && size > 0)
        throw archive_invalid('a link or folder has content');
    return size;
}
function archive_addEntry(entries, links, header, extension, entry) {
    const { longName, pax } = extension;
    const paxName = pax?.get('path');
    // Some readers take the name of the header then.
    if (longName === '' || paxName === '')
        throw archive_invalid('an entry has an empty name');
    if (longName !== undefined && paxName !== undefined && longName !== paxName)
        throw archive_invalid('an entry has two names');
    const isSparse = [...(pax?.keys() ?? [])].some((key) => key.startsWith('GNU.sparse'));
    const names = [paxName ?? longName ?? header.name, pax?.get('GNU.sparse.name')].filter((name) => name !== undefined);
    // A folder to some readers, which do not skip what it has, and a file to others.
    if (entry.size > 0 && names.some((name) => name.endsWith('/')))
        throw archive_invalid('a folder has content');
    for (const name of names) {
        if (name.length > maxNameLength)
            throw archive_invalid('a name is too long');
        const path = canonicalPath(name);
        // Who extracts the archive writes through the link.
        if (links.size > 0 && isBelow(path, links))
            throw archive_invalid('an entry stands below a link');
        if (/^[12]$/.test(header.type))
            links.add(path);
        if (name === dockerManifest && header.type === '0')
            entries.set(name, entry);
        if (!isLayoutPlace(path))
            continue;
        if (!isPlainSpelling(name, path))
            throw archive_invalid('an entry of the layout has an odd name');
        if (header.type === '5') {
            if (path !== 'blobs' && !/^blobs\/[^/]+$/.test(path))
                throw archive_invalid('a folder stands where a file should');
            continue;
        }
        if (header.type !== '0' || name.endsWith('/') || isSparse || /^blobs(?:\/[^/]+)?$/.test(path)) {
            throw archive_invalid('an entry of the layout is not a plain file');
        }
        if (entries.has(path))
            throw archive_invalid('an entry of the layout stands there twice');
        entries.set(path, entry);
    }
}
/** The path that any reader could take a name for: links to the same place, folders that cancel each other, other case. */
function canonicalPath(name) {
    const segments = [];
    for (const segment of name.normalize('NFKC').replaceAll('\\', '/').toLowerCase().split('/')) {
        if (segment === '..')
            segments.pop();
        else if (segment !== '' && segment !== '.')
            segments.push(segment.replace(/[. ]+$/, ''));
    }
    return segments.join('/');
}
function isBelow(path, links) {
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1))
        if (links.has(path.slice(0, at)))
            return true;
    return false;
}
function isLayoutPlace(path) {
    return path === 'index.json' || path === 'oci-layout' || path === 'blobs' || path.startsWith('blobs/');
}
/** The spelling of the specification, with a leading `./` as tar writes it, and the slash behind a folder. */
function isPlainSpelling(name, path) {
    return name.replace(/^\.\//, '').replace(/\/$/, '') === path;
}
/** The end is two blocks of zeros, and nothing but zeros after them. */
async function requireEnd(archive, offset, signal) {
    if (archive.size - offset < 2 * tarBlockBytes)
        throw archive_invalid('its end is missing');
    for (let at = offset; at < archive.size; at += chunkBytes) {
        signal.throwIfAborted();
        const chunk = await readExactly(archive, at, Math.min(chunkBytes, archive.size - at));
        if (!isZeroBlock(chunk))
            throw archive_invalid('something stands after its end');
    }
}
function refuseCompressed(block) {
    const magic = block.toString('latin1', 0, 10);
    if (!/^(?:\x1f\x8b|\x28\xb5\x2f\xfd|BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)|\xfd7zXZ)/.test(magic))
        return;
    throw new src_error/* ActionError */.lZ('unsupported', 'The archive is compressed.', {
        advice: 'Decompress it first, or write it uncompressed.',
    });
}
async function* readRange(archive, offset, size) {
    for (let at = 0; at < size; at += chunkBytes) {
        yield await readExactly(archive, offset + at, Math.min(chunkBytes, size - at));
    }
}
async function readExactly({ handle }, offset, length) {
    const buffer = Buffer.allocUnsafe(length);
    for (let at = 0; at < length;) {
        const { bytesRead } = await handle.read(buffer, at, length - at, offset + at);
        if (bytesRead === 0)
            throw archive_invalid('it is cut off');
        at += bytesRead;
    }
    return buffer;
}
function textUpToNul(content) {
    const end = content.indexOf(0);
    return content.toString('utf8', 0, end === -1 ? content.length : end);
}
function archive_invalid(why) {
    return new src_error/* ActionError */.lZ('invalid-manifest', `The archive cannot be read for certain: ${why}.`, {
        advice: 'Write it anew with the tool that made it; other tools may read another image from it.',
    });
}

;// CONCATENATED MODULE: ./lib/src/layout/folder.js




/**
 * The files of a layout in a folder. Whoever attacks owns the workspace: below the folder nothing is opened through a
 * link, and nothing that is not a regular file. A blob alone may be a link, as Bazel makes them: its bytes are checked
 * before anything is made of them.
 *
 * @param root the real path of the folder
 */
function folderFiles(root) {
    return {
        close: async () => undefined,
        async open(path) {
            const segments = path.split('/');
            const isBlob = segments.length > 1;
            for (let depth = 1; depth < segments.length; depth += 1) {
                if (!(await isFolder((0,external_node_path_.join)(root, ...segments.slice(0, depth)), segments.slice(0, depth).join('/'))))
                    return undefined;
            }
            return openRegular((0,external_node_path_.join)(root, ...segments), path, isBlob);
        },
    };
}
async function isFolder(folder, name) {
    const status = await statusOf(folder);
    if (status === undefined)
        return false;
    if (!status.isDirectory())
        throw notPlain(name, 'a folder');
    return true;
}
async function openRegular(file, name, mayBeLink) {
    const status = await statusOf(file);
    if (status === undefined)
        return undefined;
    if (!status.isFile() && !(mayBeLink && status.isSymbolicLink()))
        throw notPlain(name, 'a regular file');
    // Without blocking: a FIFO would wait for a writer for ever.
    const flags = external_node_fs_.constants.O_RDONLY | (external_node_fs_.constants.O_NONBLOCK ?? 0) | (mayBeLink ? 0 : (external_node_fs_.constants.O_NOFOLLOW ?? 0));
    const handle = await external_node_fs_.promises.open(file, flags).catch((error) => {
        if (codeOf(error) === 'ENOENT')
            return undefined;
        throw unreadable(name, error);
    });
    if (handle === undefined)
        return undefined;
    const { size } = await regularStatus(handle, name);
    return {
        size,
        async *read() {
            try {
                for (let at = 0; at < size;) {
                    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(chunkBytes, size - at)), 0, null, at);
                    if (bytesRead === 0)
                        throw cutOff(name);
                    at += bytesRead;
                    yield buffer.subarray(0, bytesRead);
                }
            }
            finally {
                await handle.close();
            }
        },
    };
}
async function regularStatus(handle, name) {
    const status = await handle.stat();
    if (status.isFile())
        return status;
    await handle.close();
    throw notPlain(name, 'a regular file');
}
async function statusOf(path) {
    try {
        return await external_node_fs_.promises.lstat(path);
    }
    catch (error) {
        if (codeOf(error) === 'ENOENT')
            return undefined;
        throw unreadable(path, error);
    }
}
function codeOf(error) {
    return error instanceof Error && 'code' in error ? String(error.code) : '';
}
function unreadable(name, error) {
    return new src_error/* ActionError */.lZ('invalid-manifest', `The layout's ${name} cannot be read (${codeOf(error)}).`);
}
function notPlain(name, what) {
    return new src_error/* ActionError */.lZ('invalid-manifest', `The layout's ${name} is not ${what}.`, {
        advice: 'Links, devices and pipes are not followed in a layout. Write the layout anew.',
    });
}
function cutOff(name) {
    return new src_error/* ActionError */.lZ('invalid-manifest', `The layout's ${name} became shorter while it was read.`);
}

;// CONCATENATED MODULE: ./lib/src/content/verify.js




/** Bytes that a manifest, an index or an image config may have, as in the reference implementations. */
const maxDocumentBytes = 4 * 1024 * 1024;
/**
 * Refuses what is too large by its descriptor, before it is fetched.
 *
 * @throws ActionError `too-large`
 */
function refuseLarge({ digest, size }) {
    if (size <= maxDocumentBytes)
        return;
    const message = `${digest} has ${size} bytes by its descriptor; at most ${maxDocumentBytes} are read.`;
    throw new src_error/* ActionError */.lZ('too-large', message);
}
/**
 * Verifies that bytes have this digest (GHSA-qv35-3gw6-8q4j).
 *
 * @param place where they come from, for the message
 * @param origin who says that it should be this digest
 * @throws ActionError `digest-mismatch`
 */
function verifyDigest(bytes, digest, place, origin = 'requested') {
    requireDigest((0,oci_digest/* digestOf */.ol)(bytes, (0,oci_digest/* algorithmOf */.Hy)(digest)), digest, place, origin);
}
function requireDigest(actual, digest, place, origin = 'requested') {
    if (actual === digest)
        return;
    throw new src_error/* ActionError */.lZ('digest-mismatch', `${place}: the bytes have ${actual}; ${origin} was ${digest}.`, {
        advice: 'What serves or stores the image, or something on the way, gives wrong bytes. Do not use this image from there.',
    });
}
/**
 * Verifies that bytes are what their descriptor demands.
 *
 * @param place where they come from, for the message
 * @throws ActionError `digest-mismatch` or `size-mismatch`
 */
function verifyBytes(bytes, descriptor, place) {
    verifyDigest(bytes, descriptor.digest, place);
    verifySize(bytes, descriptor);
}
/**
 * Verifies that bytes have the size of their descriptor.
 *
 * @throws ActionError `size-mismatch`
 */
function verifySize(bytes, { digest, size }) {
    if (bytes.byteLength === size)
        return;
    throw sizeMismatch(digest, `${bytes.byteLength}`, size);
}
/**
 * Passes bytes on, and verifies at their end that they are what their descriptor demands. More bytes than it says are
 * never passed on.
 *
 * @param place where they come from, for the message
 * @throws ActionError `digest-mismatch` or `size-mismatch`
 */
async function* verifiedStream(chunks, { digest, size }, place) {
    const algorithm = (0,oci_digest/* algorithmOf */.Hy)(digest);
    const hash = (0,external_node_crypto_.createHash)(algorithm);
    let length = 0;
    for await (const chunk of chunks) {
        length += chunk.byteLength;
        if (length > size)
            throw sizeMismatch(digest, `more than ${size}`, size);
        hash.update(chunk);
        yield chunk;
    }
    if (length !== size)
        throw sizeMismatch(digest, `${length}`, size);
    requireDigest(`${algorithm}:${hash.digest('hex')}`, digest, place);
}
function sizeMismatch(digest, actual, size) {
    return new src_error/* ActionError */.lZ('size-mismatch', `${digest} has ${actual} bytes; its descriptor says ${size}.`, {
        advice: 'The image is malformed. Push it again.',
    });
}
/**
 * Reads a document whose bytes have been verified, and holds its media type against that of its descriptor.
 *
 * @param contentType what it was announced as; undefined or generic where nothing was said
 * @throws ActionError `invalid-manifest` or `unsupported`
 */
function readDescribed(bytes, descriptor, contentType) {
    const document = parseDocument(bytes, contentType ?? descriptor.mediaType);
    if (document.mediaType === descriptor.mediaType)
        return document;
    throw new src_error/* ActionError */.lZ('invalid-manifest', `${descriptor.digest} is ${document.mediaType}; its descriptor says "${descriptor.mediaType}".`);
}

// EXTERNAL MODULE: ./lib/src/oci/json-record.js
var json_record = __nccwpck_require__(2584);
;// CONCATENATED MODULE: ./lib/src/layout/layout.js






/** The annotation of an entry that holds its name, by the specification. */
const refNameAnnotation = 'org.opencontainers.image.ref.name';
/** The annotation of an entry that holds its full reference, by containerd. */
const imageNameAnnotation = 'io.containerd.image.name';
/** The version of layouts that there is. */
const layoutVersion = '1.0.0';
/** The path of a blob in a layout. */
function blobPath(digest) {
    return `blobs/${digest.replace(':', '/')}`;
}
/**
 * Checks the file `oci-layout`.
 *
 * @throws ActionError `invalid-manifest`, or `unsupported` for another version
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#oci-layout-file
 */
function checkLayoutFile(bytes) {
    const version = unquoted('oci-layout', () => (0,oci_fields/* asObject */.eB)((0,strict_json/* parseStrictJson */.R)(bytes), 'The file')['imageLayoutVersion']);
    if (version === layoutVersion)
        return;
    if (typeof version !== 'string')
        throw new src_error/* ActionError */.lZ('invalid-manifest', 'The layout states no version.');
    throw new src_error/* ActionError */.lZ('unsupported', `The layout has another version than ${layoutVersion}.`);
}
/**
 * Reads the file `index.json`.
 *
 * @throws ActionError `invalid-manifest`
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#indexjson-file
 */
function readLayoutIndex(bytes) {
    const document = unquoted('index.json', () => parseDocument(bytes, 'application/vnd.oci.image.index.v1+json'));
    if (document.kind === 'index')
        return document;
    throw new src_error/* ActionError */.lZ('invalid-manifest', 'The index.json of the layout is not an index.');
}
/**
 * The entry that a name means: the one of that name, or with that tag at the end of its name; the only one where the
 * name is empty. Entries of one digest count once, attestations and other media types do not.
 *
 * @returns undefined when there is none
 * @throws ActionError `invalid-input` when there are several, listing their names
 */
function entryByName(index, name) {
    const images = index.manifests.filter((entry) => isManifestType(entry.mediaType) && !isAttestationEntry(entry));
    if (name === '')
        return onlyEntry(images, images);
    const isNamed = (entry) => namesOf(entry).includes(name);
    const isTagged = (entry) => namesOf(entry).some((full) => tagAtEnd(full) === name);
    return onlyEntry(images.filter(isNamed), images) ?? onlyEntry(images.filter(isTagged), images);
}
/** The names that an entry goes by. */
function namesOf({ annotations }) {
    return [annotations[refNameAnnotation], annotations[imageNameAnnotation]].filter((name) => name !== undefined);
}
function onlyEntry(matches, images) {
    const [first, ...others] = matches;
    if (others.every(({ digest }) => digest === first?.digest))
        return first;
    const listed = [...new Set(images.map((entry) => namesOf(entry)[0] ?? `@${entry.digest}`))];
    const shown = listed.slice(0, 20).join(', ');
    throw new src_error/* ActionError */.lZ('invalid-input', `The layout holds several images: ${shown}${listed.length > 20 ? ', …' : ''}.`, {
        advice: 'Write which one: oci-layout://PATH:NAME or oci-layout://PATH@sha256:….',
    });
}
function tagAtEnd(name) {
    const colon = name.lastIndexOf(':');
    return colon > name.lastIndexOf('/') ? name.slice(colon + 1) : undefined;
}
/** Nothing of a file that no digest vouches for is quoted: it may be any file that a link leads to. */
function unquoted(name, read) {
    try {
        return read();
    }
    catch (error) {
        if (!(error instanceof src_error/* ActionError */.lZ))
            throw error;
        const detail = error.message.startsWith('Not strict JSON') ? ` ${error.message}` : '';
        throw new src_error/* ActionError */.lZ(error.code, `The ${name} of the layout is malformed.${detail}`);
    }
}

;// CONCATENATED MODULE: ./lib/src/layout/store.js









/** Bytes of the file `oci-layout`. */
const maxLayoutFileBytes = 4 * 1024;
/** Levels of index below `index.json`, and entries of all of them. */
const store_maxLevels = 4;
const maxEntries = 1000;
/**
 * The content of a local OCI layout. What it names is a claim of whoever wrote it; documents and blobs are verified.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
function layoutStore(source, options, operation) {
    const { files } = options;
    const bytesOf = async (descriptor, cause) => {
        refuseLarge(descriptor);
        const path = blobPath(descriptor.digest);
        const bytes = await readWhole(await files(), path, maxDocumentBytes);
        if (bytes === undefined)
            throw missingBlob(descriptor, cause);
        verifyBytes(bytes, descriptor, path);
        options.budget.take(descriptor.digest, bytes.byteLength);
        return bytes;
    };
    const document = async (descriptor) => {
        refuseUnsupportedType(descriptor.mediaType);
        const bytes = await bytesOf(descriptor, 'missing-child');
        const parsed = readDescribed(bytes, descriptor, undefined);
        operation.trace(parsed.kind, `${parsed.mediaType}, ${bytes.byteLength} bytes: ${descriptor.digest}, verified`);
        return { digest: descriptor.digest, bytes, document: parsed };
    };
    const store = {
        async resolve(target) {
            const index = await layoutIndex(await files(), options.budget);
            const entry = (0,oci_digest/* isDigest */.Bc)(target) ? await entryByDigest(index, target, document) : entryByName(index, target);
            if (entry === undefined)
                throw notFound(source, index);
            const resolved = await document(entry);
            await warnOfDockerSave(resolved, await files(), options.warn);
            return resolved;
        },
        document,
        async blob(descriptor) {
            const bytes = await bytesOf(descriptor, 'bad-blob');
            operation.trace('manifest', `config ${descriptor.digest}: ${bytes.byteLength} bytes, verified`);
            return bytes;
        },
        async head(target) {
            const { digest, document: parsed } = await store.resolve(target);
            return { digest, mediaType: parsed.mediaType };
        },
        async *stream(descriptor) {
            const file = await (await files()).open(blobPath(descriptor.digest));
            if (file === undefined)
                throw missingBlob(descriptor, 'bad-blob');
            yield* verifiedStream(file.read(), descriptor, source.path);
        },
        // What refers to an image is for a registry to say.
        referrers: async () => ({ referrers: [], errors: [], overflow: undefined }),
        async size(descriptor) {
            const file = await (await files()).open(blobPath(descriptor.digest));
            if (file === undefined)
                return { kind: 'missing' };
            try {
                for await (const _ of verifiedStream(file.read(), descriptor, source.path))
                    operation.signal.throwIfAborted();
                return { kind: 'present', size: file.size };
            }
            catch (error) {
                if (!(error instanceof src_error/* ActionError */.lZ))
                    throw error;
                return error.code === 'size-mismatch'
                    ? { kind: 'present', size: file.size }
                    : { kind: 'wrong', why: error.message };
            }
        },
    };
    return store;
}
async function layoutIndex(files, budget) {
    const version = await readWhole(files, 'oci-layout', maxLayoutFileBytes);
    if (version === undefined)
        throw notLayout('oci-layout');
    checkLayoutFile(version);
    const bytes = await readWhole(files, 'index.json', maxDocumentBytes);
    if (bytes === undefined)
        throw notLayout('index.json');
    budget.take((0,oci_digest/* digestOf */.ol)(bytes), bytes.byteLength);
    const index = readLayoutIndex(bytes);
    if (index.manifests.length > maxEntries) {
        throw new src_error/* ActionError */.lZ('invalid-manifest', `The index.json of the layout has more than ${maxEntries} entries.`);
    }
    return index;
}
/** The entry of a digest, in `index.json` or an index below it. */
async function entryByDigest(index, digest, read) {
    let left = maxEntries;
    let level = index.manifests;
    for (let depth = 0; depth <= store_maxLevels && level.length > 0; depth += 1) {
        left -= level.length;
        if (left < 0)
            throw new src_error/* ActionError */.lZ('invalid-manifest', `The layout has more than ${maxEntries} entries.`);
        const entry = level.find((candidate) => candidate.digest === digest);
        if (entry !== undefined)
            return entry;
        const nested = await Promise.all(level.filter(isNestedIndex).map(read));
        level = nested.flatMap(({ document }) => (document.kind === 'index' ? document.manifests : []));
    }
    return undefined;
}
/** `docker save` of the classic image store makes up a manifest: its digest is not the one that a push gives. */
async function warnOfDockerSave({ document }, files, warn) {
    if (document.kind !== 'manifest' || !document.layers.every(({ mediaType }) => /\.tar$/.test(mediaType)))
        return;
    const bytes = await readWhole(files, 'manifest.json', maxDocumentBytes).catch(() => undefined);
    if (bytes === undefined || !hasLayerSources(bytes))
        return;
    warn('This layout was made by docker save from the classic image store: its layers are uncompressed, and its digest is not the one that a push gives. Only config-digest is the same.');
}
function hasLayerSources(bytes) {
    try {
        const images = JSON.parse(Buffer.from(bytes).toString());
        return Array.isArray(images) && images.some((image) => (0,json_record/* asRecord */.q)((0,json_record/* asRecord */.q)(image)?.['LayerSources']) !== undefined);
    }
    catch {
        return false;
    }
}
function notLayout(file) {
    return new src_error/* ActionError */.lZ('invalid-manifest', `This is not an OCI layout: it has no ${file}.`, {
        advice: 'Write it by docker buildx build --output type=oci, skopeo copy, crane pull --format=oci or oras copy --to-oci-layout.',
    });
}
function missingBlob({ digest }, cause) {
    return new src_error/* ActionError */.lZ('invalid-manifest', `The layout names ${digest}, but does not have it.`, { cause });
}
function notFound(source, index) {
    const what = formatSource(source);
    if (source.name === '' && source.digest === undefined) {
        return new src_error/* ActionError */.lZ('invalid-manifest', `${what} holds no image.`);
    }
    const count = index.manifests.length;
    return new src_error/* ActionError */.lZ('not-found', `${what} does not exist: none of the ${count} entries of the layout is it.`, {
        advice: 'Check the name or digest, and the step that writes the layout.',
    });
}

;// CONCATENATED MODULE: ./lib/src/layout/open.js








/** All layouts of a run, each opened once. */
function openLayouts({ workspace, budget, cache, warn }) {
    const opened = new Map();
    return {
        open(source, operation) {
            const path = (0,external_node_path_.resolve)(workspace, source.path);
            const files = () => {
                const layout = opened.get(path) ?? openLayout(path, operation.signal);
                opened.set(path, layout);
                return layout;
            };
            return withCache(layoutStore(source, { files, budget, warn }, operation), path, cache, operation.signal);
        },
        async close() {
            await Promise.all([...opened.values()].map((files) => files.then((layout) => layout.close()).catch(() => undefined)));
        },
    };
}
/** Opens the folder or the tar at a path, which may lead over links: it is the workflow's own word. */
async function openLayout(path, signal) {
    const real = await external_node_fs_.promises.realpath(path).catch(() => {
        throw invalidPath(path, 'there is nothing at this path');
    });
    const status = await external_node_fs_.promises.stat(real);
    if (status.isDirectory())
        return folderFiles(real);
    if (!status.isFile())
        throw invalidPath(path, 'it is neither a folder nor a regular file');
    const flags = external_node_fs_.constants.O_RDONLY | (external_node_fs_.constants.O_NOFOLLOW ?? 0) | (external_node_fs_.constants.O_NONBLOCK ?? 0);
    const handle = await external_node_fs_.promises.open(real, flags).catch((error) => {
        throw invalidPath(path, `it cannot be opened (${'code' in error ? error.code : error.message})`);
    });
    const { size } = await handle.stat();
    if (size < tarBlockBytes)
        throw new src_error/* ActionError */.lZ('invalid-manifest', `${path} is not a tar archive.`);
    return archiveFiles({ handle, size }, signal);
}
function invalidPath(path, why) {
    return new src_error/* ActionError */.lZ('invalid-input', `The layout ${path} cannot be used: ${why}.`, {
        advice: 'Check the path, which is relative to the workspace, and the step that writes the layout.',
    });
}

;// CONCATENATED MODULE: ./lib/src/layout/writer.js




/** Bytes that are gathered before they are written. */
const batchBytes = 1024 * 1024;
/**
 * Checks a target: a new or empty folder, whose real place is in the workspace or in RUNNER_TEMP.
 *
 * @returns its absolute path
 * @throws ActionError `invalid-input`
 */
async function checkLayoutTarget({ path, workspace, temp }) {
    if (/\p{Cc}/u.test(path))
        throw invalidTarget('it holds a control character');
    const target = (0,external_node_path_.resolve)(workspace, path);
    const parent = await external_node_fs_.promises.realpath((0,external_node_path_.dirname)(target)).catch(() => {
        throw invalidTarget(`the folder ${(0,external_node_path_.dirname)(target)} does not exist`);
    });
    const roots = await Promise.all([workspace, temp].filter((root) => root !== '').map(realPath));
    const real = (0,external_node_path_.join)(parent, (0,external_node_path_.basename)(target));
    if (!roots.some((root) => root !== undefined && real.startsWith(root.endsWith(external_node_path_.sep) ? root : `${root}${external_node_path_.sep}`))) {
        throw invalidTarget('it is neither in the workspace nor in RUNNER_TEMP');
    }
    if (!(await external_node_fs_.promises.stat(parent)).isDirectory())
        throw invalidTarget(`${(0,external_node_path_.dirname)(target)} is not a folder`);
    const status = await external_node_fs_.promises.lstat(target).catch(() => undefined);
    if (status !== undefined && !status.isDirectory())
        throw invalidTarget('something else than a folder is there');
    if (status !== undefined && (await external_node_fs_.promises.readdir(target)).length > 0)
        throw invalidTarget('the folder is not empty');
    return real;
}
/**
 * Begins a layout in a folder beside its target, which nobody else may look into.
 *
 * @param target the path that {@link checkLayoutTarget} gave
 * @throws ActionError `runner-error` for a disk that cannot be written or is full, here and in every method
 */
async function openLayoutWriter(target) {
    const folder = writer_makeFolder(target);
    const { ino } = (0,external_node_fs_.statSync)(folder);
    const algorithms = new Set();
    let parts = 0;
    let isDiscarded = false;
    const makeParent = async (digest) => {
        // What was removed must not come back by a write that was under way.
        if (isDiscarded)
            throw new src_error/* ActionError */.lZ('runner-error', `The layout ${target} was given up.`);
        const file = (0,external_node_path_.join)(folder, blobPath(digest));
        if (!algorithms.has((0,external_node_path_.dirname)(file)))
            await external_node_fs_.promises.mkdir((0,external_node_path_.dirname)(file), { recursive: true });
        algorithms.add((0,external_node_path_.dirname)(file));
        return file;
    };
    return {
        path: target,
        async freeBytes() {
            const { bavail, bsize } = await writer_orFail(target, () => external_node_fs_.promises.statfs(folder));
            return bavail * bsize;
        },
        writeDocument: (digest, bytes) => writer_orFail(target, async () => writePublic(await makeParent(digest), bytes)),
        async writeBlob({ digest }, chunks) {
            parts += 1;
            const part = (0,external_node_path_.join)(folder, `part-${parts}`);
            try {
                await writeStream(part, chunks);
                await writer_orFail(target, async () => {
                    await external_node_fs_.promises.chmod(part, 0o644);
                    await external_node_fs_.promises.rename(part, await makeParent(digest));
                });
            }
            catch (error) {
                await external_node_fs_.promises.rm(part, { force: true });
                throw asRunnerError(error, target);
            }
        },
        finish: (entries) => writer_orFail(target, async () => {
            const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: entries };
            await writePublic((0,external_node_path_.join)(folder, 'index.json'), JSON.stringify(index));
            await writePublic((0,external_node_path_.join)(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: layoutVersion }));
            for (const made of [...algorithms, (0,external_node_path_.join)(folder, 'blobs'), folder])
                await external_node_fs_.promises.chmod(made, 0o755);
            // Windows renames no folder onto another, not even an empty one.
            if (process.platform === 'win32')
                await external_node_fs_.promises.rmdir(target).catch(() => undefined);
            await external_node_fs_.promises.rename(folder, target);
        }),
        discard() {
            isDiscarded = true;
            (0,external_node_fs_.rmSync)(folder, { recursive: true, force: true });
            // Finished, it is the same folder under its own name.
            if ((0,external_node_fs_.statSync)(target, { throwIfNoEntry: false })?.ino === ino)
                (0,external_node_fs_.rmSync)(target, { recursive: true, force: true });
        },
    };
}
/** At once, so that nothing can end the step between the folder and what would remove it. */
function writer_makeFolder(target) {
    try {
        return (0,external_node_fs_.mkdtempSync)((0,external_node_path_.join)((0,external_node_path_.dirname)(target), `.${(0,external_node_path_.basename)(target).slice(0, 100)}-`));
    }
    catch (error) {
        throw asRunnerError(error, target);
    }
}
/** Writes a batch while the next is gathered. */
async function writeStream(file, chunks) {
    const handle = await external_node_fs_.promises.open(file, 'wx', 0o600);
    try {
        let batch = [];
        let gathered = 0;
        let writing = Promise.resolve();
        const flush = async () => {
            await writing;
            writing = writeAll(handle, batch);
            // Awaited before the next batch; until then its failure must not count as unhandled.
            writing.catch(() => undefined);
            batch = [];
            gathered = 0;
        };
        for await (const chunk of chunks) {
            batch.push(chunk);
            gathered += chunk.byteLength;
            if (gathered >= batchBytes)
                await flush();
        }
        await flush();
        await writing;
    }
    finally {
        await handle.close();
    }
}
async function writeAll(handle, batch) {
    let rest = [...batch];
    while (rest.length > 0) {
        let { bytesWritten } = await handle.writev(rest);
        const left = [];
        for (const part of rest) {
            if (bytesWritten < part.byteLength)
                left.push(part.subarray(bytesWritten));
            bytesWritten = Math.max(0, bytesWritten - part.byteLength);
        }
        rest = left;
    }
}
async function writePublic(file, content) {
    await external_node_fs_.promises.writeFile(file, content, { flag: 'wx' });
    await external_node_fs_.promises.chmod(file, 0o644);
}
function realPath(path) {
    return external_node_fs_.promises.realpath(path).catch(() => undefined);
}
async function writer_orFail(target, write) {
    try {
        return await write();
    }
    catch (error) {
        throw asRunnerError(error, target);
    }
}
function asRunnerError(error, target) {
    if (error instanceof src_error/* ActionError */.lZ || !(error instanceof Error) || !('code' in error))
        return error;
    const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
    const why = isFull ? 'the disk is full' : (0,src_error/* messageOf */.bD)(error);
    return new src_error/* ActionError */.lZ('runner-error', `The layout ${target} cannot be written: ${why}.`, {
        advice: isFull ? 'Free some space first, or export to another disk.' : 'Check the runner and its disk.',
    });
}
function invalidTarget(why) {
    return new src_error/* ActionError */.lZ('invalid-input', `The input export-to cannot be used: ${why}.`, {
        advice: 'Name a new or empty folder in the workspace or in RUNNER_TEMP, whose parent folder is there.',
    });
}

;// CONCATENATED MODULE: ./lib/src/registry/credentials/docker-config.js


/** The key under which `docker login` keeps the Hub's credentials, and by which helpers know them. */
const hubKey = 'https://index.docker.io/v1/';
/** Where a login to the Hub by browser keeps the tokens of the website, which no registry takes. */
const hubLoginPaths = new Set(['/v1/access-token', '/v1/refresh-token']);
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
    return registry === reference/* dockerHub */.UD ? hubKey : registry;
}
/** The value that `credHelpers` has for the very host; undefined when it has none. */
function credHelperFor(config, registry) {
    const names = registry === reference/* dockerHub */.UD ? [...reference/* hubHosts */.dZ, hubKey] : [registry];
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
    const hosts = registry === reference/* dockerHub */.UD ? reference/* hubHosts */.dZ : [registry];
    const segments = path.split('/');
    const namespaces = segments.map((_, at) => segments.slice(0, segments.length - at).join('/'));
    const namespaced = namespaces.flatMap((namespace) => hosts.map((host) => (0,reference/* nameOf */.Vb)({ registry: host, path: namespace })));
    const withScheme = [...config.auths.keys()].filter((key) => {
        const [, host = '', keyPath = ''] = /^https?:\/\/([^/]*)(\/.*)?$/.exec(key) ?? [];
        return hosts.includes(host) && !hubLoginPaths.has(keyPath);
    });
    const hub = registry === reference/* dockerHub */.UD ? [hubKey] : [];
    return [...namespaced, ...hosts, ...hub, ...withScheme].filter((key) => config.auths.has(key));
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
    const [username, password] = text('auth') === '' ? [text('username'), text('password')] : decode(text('auth'), source);
    if (username === '' && password === '')
        return undefined;
    return { kind: 'basic', username, password, source };
}
/** `auth` is base64 of `user:password`, in UTF-8; some writers pad the password with NULs. */
function decode(wrapped, source) {
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
/** The parser's own message is dropped: it quotes the text that it could not read. */
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
    return new src_error/* ActionError */.lZ('invalid-input', `${name} cannot be used: ${why}.`, {
        advice: 'Log in again, which writes it anew, or remove it.',
    });
}

;// CONCATENATED MODULE: ./lib/src/registry/credentials/config-files.js



/** Bytes; no config is larger. */
const maxConfigBytes = 1024 * 1024;
/**
 * Reads those of the files that exist, in their order. What is not a regular file is skipped, so that a FIFO cannot hold
 * up the run.
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
        const status = (0,external_node_fs_.statSync)(path, { throwIfNoEntry: false });
        if (!status?.isFile())
            return undefined;
        if (status.size > maxConfigBytes)
            throw config_files_unreadable(name, 'it is larger than 1 MiB');
        return (0,external_node_fs_.readFileSync)(path, 'utf8');
    }
    catch (error) {
        if (error instanceof src_error/* ActionError */.lZ)
            throw error;
        const code = error instanceof Error && 'code' in error ? String(error.code) : '';
        if (code === 'ENOTDIR')
            return undefined;
        throw config_files_unreadable(name, `it cannot be read (${code})`);
    }
}
function config_files_unreadable(name, why) {
    return new src_error/* ActionError */.lZ('invalid-input', `${name} cannot be used: ${why}.`, {
        advice: 'Correct or remove it; without it other credentials may be used.',
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

;// CONCATENATED MODULE: ./lib/src/registry/credentials/helper.js




/** Bytes that a helper may print. */
const helper_maxOutputBytes = 64 * 1024;
const namePattern = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** What `cmd.exe` would act on in the path of a program. */
const unsafeInCmd = /[%!^&"]/;
/**
 * Runs `docker-credential-NAME get` to get the credentials of a server, as docker does: the key on stdin, no shell.
 *
 * @param name what the config names, unchecked
 * @param source where the name stands, for messages
 * @returns undefined when the helper has none
 * @throws ActionError `unauthorized` when it is missing, badly named, fails or hangs (CVE-2021-41092)
 * @see https://github.com/docker/docker-credential-helpers#development
 */
async function askHelper(name, server, source, options) {
    if (typeof name !== 'string' || !namePattern.test(name)) {
        throw failed(source, 'names a credential helper that cannot exist', JSON.stringify(name));
    }
    const program = `docker-credential-${name}`;
    const folders = await trustedFolders(options);
    const file = await find(program, folders, options);
    if (file === undefined)
        throw failed(source, `names ${program}, which is not on the PATH outside the workspace`);
    if (isScript(file) && unsafeInCmd.test(file)) {
        throw failed(source, `names ${program}, whose path holds a character that cmd.exe acts on`);
    }
    const { status, output, errors } = await run(file, server, withPath(options.environment, folders), options);
    if (status === 0)
        return readAnswer(output, program, source);
    const message = messageOf(status, output, errors);
    if (message.startsWith('credentials not found'))
        return undefined;
    throw failed(source, `names ${program}, which failed (${status})`, message);
}
/** The absolute folders of the PATH outside the workspace; links are followed before it is excluded. */
async function trustedFolders({ path, workspace }) {
    const forbidden = workspace === '' ? '' : await helper_realPath(workspace);
    const folders = [];
    for (const folder of path.split(external_node_path_.delimiter)) {
        if (!(0,external_node_path_.isAbsolute)(folder) || isWithin(folder, workspace))
            continue;
        if (!isWithin(await helper_realPath(folder), forbidden))
            folders.push(folder);
    }
    return folders;
}
/** The first program of that name, itself no link into the workspace. */
async function find(program, folders, { workspace }) {
    const forbidden = workspace === '' ? '' : await helper_realPath(workspace);
    const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
    for (const file of folders.flatMap((folder) => endings.map((ending) => (0,external_node_path_.join)(folder, `${program}${ending}`)))) {
        const target = await external_node_fs_.promises.realpath(file).catch(() => undefined);
        if (target !== undefined && !isWithin(target, forbidden) && (await isProgram(target)))
            return file;
    }
    return undefined;
}
/** The real path of what exists; of anything else the path itself. */
function helper_realPath(path) {
    return external_node_fs_.promises.realpath(path).catch(() => path);
}
function isWithin(file, folder) {
    if (folder === '')
        return false;
    return file === folder || file.startsWith(folder.endsWith(external_node_path_.sep) ? folder : `${folder}${external_node_path_.sep}`);
}
async function isProgram(file) {
    const isExecutable = await external_node_fs_.promises.access(file, external_node_fs_.constants.X_OK).then(() => true, () => false);
    return isExecutable && (await external_node_fs_.promises.stat(file)).isFile();
}
/** What Node starts only by `cmd.exe`. */
function isScript(file) {
    return process.platform === 'win32' && /\.(?:cmd|bat)$/i.test(file);
}
/** The environment with this PATH: what the helper starts must not come from the workspace either. */
function withPath(environment, folders) {
    const others = Object.entries(environment).filter(([name]) => name.toUpperCase() !== 'PATH');
    return { ...Object.fromEntries(others), PATH: folders.join(external_node_path_.delimiter) };
}
async function run(file, server, env, { folder, timeoutMs }) {
    // Loaded here, as few runs need a helper.
    const { spawn } = await Promise.resolve(/* import() */).then(__nccwpck_require__.t.bind(__nccwpck_require__, 1421, 19));
    return new Promise((resolve) => {
        const cmd = `${env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\cmd.exe`;
        const [program, ...words] = isScript(file) ? [cmd, '/d', '/s', '/c', `""${file}" get"`] : [file, 'get'];
        const child = spawn(program, words, {
            env,
            cwd: folder || undefined,
            // A group of its own, so that what the helper started ends with it.
            detached: process.platform !== 'win32',
            windowsHide: true,
            windowsVerbatimArguments: isScript(file),
        });
        let output = '';
        let errors = '';
        const finish = (status) => {
            clearTimeout(timer);
            resolve({ status, output, errors });
        };
        const abandon = (why) => {
            finish(why);
            stop(child.pid);
            child.stdout.destroy();
            child.stderr.destroy();
        };
        const timer = setTimeout(() => abandon(`no answer in ${timeoutMs / 1000} seconds`), timeoutMs);
        const collect = (chunk, sum) => {
            if (sum.length + chunk.length > helper_maxOutputBytes)
                abandon('more than 64 KiB of output');
            return (sum + chunk).slice(0, helper_maxOutputBytes);
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
/**
 * What a helper says of its failure, on whichever stream. A cut or odd answer may be half a secret, which nobody has read
 * and so nobody would mask: it is told only of a helper that ended by itself and printed nothing like an answer.
 */
function messageOf(status, output, errors) {
    const printed = `${output}${errors}`;
    if (typeof status !== 'number' || /"secret"|^\s*[{["]/i.test(printed) || (0,json_record/* parseRecord */.H)(output))
        return '';
    return output.trim() || errors.trim();
}
function readAnswer(output, program, source) {
    const { Username: username, Secret: secret } = (0,json_record/* parseRecord */.H)(output) ?? {};
    if (username === '' && secret === '')
        return undefined;
    if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') {
        throw failed(source, `names ${program}, whose answer cannot be read`);
    }
    const origin = `${program}, which ${source} names`;
    return username === '<token>'
        ? { kind: 'identity', token: secret, source: origin }
        : { kind: 'basic', username, password: secret, source: origin };
}
function failed(source, why, remoteMessage) {
    return new src_error/* ActionError */.lZ('unauthorized', `${source} ${why}.`, {
        remoteMessage: remoteMessage || undefined,
        advice: 'Install the helper or log in again; no other credentials are tried in its place.',
    });
}

;// CONCATENATED MODULE: ./lib/src/registry/credentials/store.js





/**
 * Reads the configs of a run and finds credentials in them. Helpers are asked only when a credential is needed.
 *
 * @param repositories what will be contacted, as far as it is known: where the inputs cover it all, no config is read
 * @throws ActionError `invalid-input` for a config, or an entry for one of the repositories, that cannot be read
 */
function openCredentials(sources, repositories, listener) {
    const isCovered = (repository) => fromInputs(sources, repository) !== undefined;
    let read;
    const configs = () => {
        read ??= readConfigs(sources);
        return read;
    };
    for (const repository of repositories)
        if (!isCovered(repository))
            checkEntries(configs(), repository);
    const helpers = sharedHelpers(sources.helpers);
    const warnings = new Set();
    const warn = (message, remoteMessage) => {
        if (!warnings.has(message))
            listener.warn(message, remoteMessage);
        warnings.add(message);
    };
    const find = async (repository, again) => {
        const fromInput = fromInputs(sources, repository);
        if (fromInput !== undefined)
            return fromInput;
        const ask = (...helper) => helpers(again, ...helper);
        for (const config of configs()) {
            const credential = await findIn(config, repository, ask, warn);
            if (credential !== undefined)
                return credential;
        }
        return fromGithubToken(sources, repository);
    };
    return async (repository, again = false) => {
        const credential = await find(repository, again);
        if (credential !== undefined)
            secretsOf(credential).forEach(listener.keepSecret);
        return credential;
    };
}
/** A helper is run once for a server, however many repositories there are on it, unless it is asked again. */
function sharedHelpers(options) {
    const credentials = new Map();
    return (again, helper, server, source) => {
        const key = JSON.stringify([source, helper, server]);
        const cached = again ? undefined : credentials.get(key);
        const credential = cached ?? askHelper(helper, server, source, options);
        credentials.set(key, credential);
        return credential;
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
        const credential = await ask(helper, server, `${config.name}, credHelpers`);
        if (credential !== undefined)
            return credential;
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
        if (!(error instanceof src_error/* ActionError */.lZ))
            throw error;
        warn(`${error.message} The entries of auths are used.`, error.remoteMessage);
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

;// CONCATENATED MODULE: ./lib/src/registry/endpoints.js

/** Where a repository is on a mirror. */
function mirroredRepository(path, host, prefix) {
    return { registry: host, path: prefix === '' ? path : `${prefix}/${path}` };
}
/**
 * Asks the mirrors first, and then the registry itself. Whatever a mirror does but to serve what was requested passes
 * the request on: only the registry's own 404 means missing. Bytes are verified wherever they come from.
 *
 * @param tagsFromOwn whether tags are looked up at the registry alone, as a mirror may lag
 */
function withMirrors(own, mirrors, tagsFromOwn) {
    if (mirrors.length === 0)
        return own;
    return async (request, operation) => {
        const isForOwn = request.isForRegistry || (tagsFromOwn && /^manifests\/[^:]+$/.test(request.path));
        for (const { host, send } of isForOwn ? [] : mirrors) {
            try {
                const response = await send(request, operation);
                if (response.status === 200 || response.status === 206) {
                    operation.trace(request.phase, `served by the mirror ${host}`);
                    return response;
                }
                operation.trace(request.phase, `The mirror ${host} responded ${response.status}: asking the next.`);
            }
            catch (error) {
                if (!(error instanceof src_error/* ActionError */.lZ) || operation.signal.aborted)
                    throw error;
                operation.trace(request.phase, `The mirror ${host} cannot be used: ${error.message} Asking the next.`);
            }
        }
        return own(request, operation);
    };
}

;// CONCATENATED MODULE: external "node:http"
const external_node_http_namespaceObject = require("node:http");
;// CONCATENATED MODULE: external "node:https"
const external_node_https_namespaceObject = require("node:https");
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __nccwpck_require__(7030);
// EXTERNAL MODULE: ./lib/src/registry/trust/address.js
var address = __nccwpck_require__(8741);
;// CONCATENATED MODULE: external "node:dns"
const external_node_dns_namespaceObject = require("node:dns");
;// CONCATENATED MODULE: ./lib/src/registry/http/lookup.js

/** Milliseconds for looking up a name that a proxy will look up again. */
const maxBriefLookupMs = 1_000;
/** Resolves a name and lets `policy` judge the addresses before one of them is used. */
function checkedLookup(policy) {
    return (hostname, options, callback) => {
        (0,external_node_dns_namespaceObject.lookup)(hostname, { ...options, all: true }, (error, entries) => {
            if (error)
                return callback(error, '', 0);
            try {
                policy.check(hostname, entries.map(({ address }) => address));
            }
            catch (refusal) {
                return callback(refusal, '', 0);
            }
            const [first] = entries;
            if (options.all || first === undefined)
                callback(null, entries);
            else
                callback(null, first.address, first.family);
        });
    };
}
/** The addresses of a name, as far as this machine knows them within a second. */
function resolveBriefly(hostname) {
    return new Promise((resolve) => {
        const timer = setTimeout(() => resolve([]), maxBriefLookupMs);
        (0,external_node_dns_namespaceObject.lookup)(hostname, { all: true }, (error, entries) => {
            clearTimeout(timer);
            resolve(error ? [] : entries.map(({ address }) => address));
        });
    });
}

;// CONCATENATED MODULE: ./lib/src/registry/http/network-error.js

const tlsCodes = /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERROR_IN_|INVALID_(?:CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH|UNSPECIFIED$|EPROTO$)/;
/** What OpenSSL says of a peer that does not speak TLS at all. */
const notTls = /wrong.version.number|http.request|packet.length.too.long|record.layer.failure/i;
/** The failures of a connection that the next attempt may not meet, with the words for them. */
const transientFailures = {
    ECONNREFUSED: { cause: 'refused', words: 'the connection was refused' },
    ECONNRESET: { cause: 'closed', words: 'the connection was closed before the response was complete' },
    EPIPE: { cause: 'closed', words: 'the connection was closed before the response was complete' },
    ERR_STREAM_PREMATURE_CLOSE: {
        cause: 'closed',
        words: 'the connection was closed before the response was complete',
    },
    EAI_AGAIN: { cause: 'dns', words: 'the name server did not answer' },
};
/** The alerts by which a server says that it lacks our certificate, by the names of OpenSSL. */
const clientCertificateAlert = /alert.(?:certificate.required|bad.certificate)/i;
/** What an alert means most often. */
const hints = {
    'handshake failure': ': most often it wants a client certificate, which this action cannot give',
};
/** Any other alert of the other side. */
const otherAlert = /\balert ([a-z0-9 ]+)/i;
const clientCertificateAdvice = 'Ask its operator for an address that takes user name and password, or put a proxy in front that holds the certificate.';
const alertAdvice = 'Ask its operator which TLS versions it takes, and for an address that needs no client certificate.';
const trustAdvice = 'If the certificate is from an authority of your own, set NODE_EXTRA_CA_CERTS to a file with the certificate of that authority.';
/**
 * Turns what `node:http` reports into an {@link ActionError}: `tls`, `timeout`, `network`, or `registry-error` for a
 * response that is not HTTP. An {@link ActionError} stays as it is.
 */
function networkError(error, url) {
    if (error instanceof src_error/* ActionError */.lZ)
        return error;
    const { message, code } = describe(error);
    const proxyStatus = /^tunneling socket could not be established, statusCode=(\d+)/.exec(message)?.[1];
    if (proxyStatus !== undefined)
        return proxyRefused(url, Number(proxyStatus));
    if (/^tunneling socket could not be established/.test(message))
        return proxyUnreachable(url, message);
    if (tlsCodes.test(code))
        return tlsError(url, message, code);
    if (code === 'HPE_INVALID_CONSTANT')
        return protocolError(url, message).with({ cause: 'not-http' });
    if (code.startsWith('HPE_'))
        return protocolError(url, message);
    if (code === 'ETIMEDOUT')
        return network_error_fail('timeout', url, 'no connection in time', { transient: true });
    const failure = Object.hasOwn(transientFailures, code) ? transientFailures[code] : undefined;
    if (failure !== undefined) {
        const { cause, words } = failure;
        return network_error_fail('network', url, words, { transient: true, cause });
    }
    if (code === 'ENOTFOUND') {
        return network_error_fail('network', url, 'there is no host of that name', { advice: 'Check the spelling.' });
    }
    return network_error_fail('network', url, message);
}
/** A response that breaks HTTP: sending the request again would bring the same. */
function protocolError(url, what) {
    return network_error_fail('registry-error', url, `the response is not valid HTTP: ${what}`, { cause: 'protocol' });
}
function tlsError(url, message, code) {
    if (notTls.test(`${code} ${message}`)) {
        const advice = 'If plain HTTP is meant, list the registry in the input plain-http.';
        return network_error_fail('tls', url, 'it does not speak TLS', { advice, cause: 'not-tls' });
    }
    if (clientCertificateAlert.test(`${code} ${message}`)) {
        const words = 'it wants a client certificate, which this action cannot give';
        return network_error_fail('tls', url, words, { advice: clientCertificateAdvice, cause: 'tls' });
    }
    const alert = otherAlert.exec(message)?.[1];
    if (alert !== undefined) {
        const words = `it ended the TLS handshake with the alert "${alert}"${hints[alert] ?? ''}`;
        return network_error_fail('tls', url, words, { advice: alertAdvice, cause: 'tls' });
    }
    return network_error_fail('tls', url, `no trusted connection: ${message}`, { advice: trustAdvice, cause: 'tls' });
}
function proxyRefused(url, status) {
    const wantsPassword = status === 407;
    return network_error_fail('network', url, `the proxy responded ${status} to CONNECT`, {
        transient: status >= 500,
        advice: wantsPassword
            ? 'The proxy wants a password: put user:password@ before the host in https_proxy.'
            : 'Check https_proxy, http_proxy and no_proxy on the runner.',
    });
}
function proxyUnreachable(url, message) {
    return network_error_fail('network', url, `the proxy cannot be used: ${message}`, {
        transient: true,
        advice: 'Check https_proxy, http_proxy and no_proxy on the runner.',
    });
}
function network_error_fail(code, url, why, details = {}) {
    return new src_error/* ActionError */.lZ(code, `${url.host}: ${why}.`, details);
}
function describe(error) {
    if (!(error instanceof Error))
        return { message: String(error), code: '' };
    const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
    return { message: error.message || code, code };
}

// EXTERNAL MODULE: ./lib/src/registry/http/transport.js
var transport = __nccwpck_require__(2436);
;// CONCATENATED MODULE: ./lib/src/registry/http/exchange.js






/** Milliseconds for name look-up, proxy, connection and TLS together. */
const maxConnectMs = 10_000;
/** Milliseconds that one address gets before the next is tried: Node's 250 fail where IPv6 is dead and IPv4 slow. */
const addressAttemptMs = 3_000;
/** Milliseconds that a stream may take for its next bytes. */
const maxStreamPauseMs = 30_000;
/** Bytes of a stream that are handed on together, and chunks: servers may send single bytes. */
const streamPieceBytes = 256 * 1024;
const maxGathered = 4096;
/** Bytes of the headers of a response: Google Artifact Registry sends 21 KiB. */
const maxHeaderBytes = 128 * 1024;
/**
 * Sends a request and waits for the head of its response. The limits of the attempt last until its body ends.
 *
 * @throws ActionError with the cause `stale` when the connection was used before, and ended before any response
 */
function exchange(request, route, userAgent) {
    const { url, signal } = request;
    return new Promise((resolve, reject) => {
        let sent;
        let message;
        const stop = (error) => {
            reject(networkError(error, url));
            (message ?? sent)?.destroy(networkError(error, url));
        };
        const attempt = setTimeout(() => stop(timeout(url, 'no complete response', request.attemptMs)), request.attemptMs);
        const connect = setTimeout(() => stop(timeout(url, 'no connection', maxConnectMs)), maxConnectMs);
        const abort = () => stop(signal.reason);
        const release = () => {
            clearTimeout(attempt);
            clearTimeout(connect);
            signal.removeEventListener('abort', abort);
        };
        const fail = (error) => {
            release();
            reject(error);
        };
        if (signal.aborted)
            return fail(networkError(signal.reason, url));
        signal.addEventListener('abort', abort, { once: true });
        try {
            sent = start(request, route, userAgent);
        }
        catch (error) {
            return fail(networkError(error, url));
        }
        sent.on('error', (error) => {
            fail(asStale(networkError(error, url), sent, message));
            // What broke the body: the reader would hear of a closed connection alone.
            message?.destroy(networkError(error, url));
        });
        sent.once('socket', () => onceConnected(sent, isTls(url, route), () => clearTimeout(connect)));
        sent.once('upgrade', (_, socket) => {
            socket.destroy();
            fail(protocolError(url, 'it switches to another protocol'));
        });
        sent.once('response', (head) => {
            message = head;
            clearTimeout(connect);
            if (request.isStream)
                clearTimeout(attempt);
            // Until the body is read, nothing else hears of an error.
            head.on('error', release);
            resolve(openResponse(head, request, route, release));
        });
    });
}
function start(request, { agent, forwarder }, userAgent) {
    const { url, method, body } = request;
    const { request: send } = (forwarder?.isTls ?? url.protocol === 'https:') ? external_node_https_namespaceObject : external_node_http_namespaceObject;
    const path = `${url.pathname}${url.search}`;
    // Missing in the types of Node: options go through to the socket.
    const socketOptions = { autoSelectFamilyAttemptTimeout: addressAttemptMs };
    const sent = send({
        ...socketOptions,
        agent,
        method,
        host: forwarder?.host ?? (0,transport/* bareHostname */.CO)(url),
        port: forwarder?.port ?? (0,transport/* portOf */.HM)(url),
        path: forwarder === undefined ? path : `${url.origin}${path}`,
        headers: {
            ...request.headers,
            ...forwarder?.headers,
            host: url.host,
            'user-agent': userAgent,
            'accept-encoding': 'identity',
            ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
        maxHeaderSize: maxHeaderBytes,
        ...(forwarder === undefined ? { lookup: checkedLookup(request.addressPolicy) } : {}),
    });
    sent.end(body);
    return sent;
}
function openResponse(message, request, route, release) {
    return {
        status: message.statusCode ?? 0,
        headers: message.headersDistinct,
        url: request.url,
        address: route.isProxied ? undefined : message.socket.remoteAddress,
        body: bodyOf(message, request, release),
        close() {
            release();
            message.destroy();
        },
    };
}
/** The bytes of a body, which must end as it was announced. Those of a stream come in pieces of a useful size. */
async function* bodyOf(message, request, release) {
    const { url, isStream = false } = request;
    const idle = () => message.destroy(timeout(url, 'no more of the body', maxStreamPauseMs));
    const chunks = message[Symbol.asyncIterator]();
    let gathered = [];
    let length = 0;
    const taken = () => {
        const piece = gathered.length === 1 ? gathered[0] : Buffer.concat(gathered, length);
        gathered = [];
        length = 0;
        return piece;
    };
    try {
        for (;;) {
            // Armed only while the network is waited for: the reader may be slow.
            const timer = isStream ? setTimeout(idle, maxStreamPauseMs) : undefined;
            const next = await chunks.next().finally(() => clearTimeout(timer));
            if (next.done)
                break;
            gathered.push(next.value);
            length += next.value.byteLength;
            if (!isStream || length >= streamPieceBytes || gathered.length >= maxGathered)
                yield taken();
        }
        if (length > 0)
            yield taken();
        if (!message.complete)
            throw truncated(url);
    }
    catch (error) {
        // A download is resumed behind the last byte that came.
        if (length > 0)
            yield taken();
        throw networkError(error, url);
    }
    finally {
        release();
        message.destroy();
    }
}
/** A server closes connections that idle, and may do so while a request is on its way. */
function asStale(error, sent, message) {
    const isStale = sent?.reusedSocket === true && message === undefined && error.cause === 'closed';
    return isStale ? error.with({ cause: 'stale' }) : error;
}
function isTls(url, { forwarder }) {
    return forwarder?.isTls ?? url.protocol === 'https:';
}
function onceConnected(sent, withTls, then) {
    const socket = sent?.socket;
    if (!socket || sent.reusedSocket || (!withTls && !socket.connecting))
        then();
    else
        socket.once(withTls ? 'secureConnect' : 'connect', then);
}
function timeout(url, what, milliseconds) {
    const message = `${url.host}: ${what} within ${milliseconds / 1000} seconds.`;
    return new src_error/* ActionError */.lZ('timeout', message, { transient: true, cause: 'attempt-timeout' });
}
function truncated(url) {
    return new src_error/* ActionError */.lZ('network', `The response of ${url.href} broke off.`, { transient: true, cause: 'closed' });
}

;// CONCATENATED MODULE: ./lib/src/registry/http/sockets.js









/** More than are ever in flight to one host, so that no agent queues: a queue of `tunnel` loses sockets. */
const maxSocketsPerHost = 64;
/**
 * Sends requests by `node:http` through the agents of `@actions/http-client`, which know the runner's proxy settings.
 * Nothing else of that client is used: its bodies never settle when they are truncated, and its time-out is not armed
 * while a proxy connects (measured in 4.0.1).
 *
 * Requests fail with `network`, `tls`, `timeout` or `registry-error`; nothing is followed, retried or inflated. Only a
 * request whose pooled connection had ended is sent again, on a new one.
 *
 * @param userAgent the `User-Agent` of every request
 */
function openSockets(userAgent) {
    // Shared by requests under one policy only: a pooled socket skips the check of its address.
    const routes = new Map();
    const routeFor = ({ url, addressPolicy }) => {
        const key = `${addressPolicy.name} ${url.origin}`;
        const route = routes.get(key) ?? newRoute(url);
        routes.set(key, route);
        return route;
    };
    const lookups = new Map();
    const addressesOf = (hostname) => {
        const addresses = lookups.get(hostname) ?? resolveBriefly(hostname);
        lookups.set(hostname, addresses);
        return addresses;
    };
    return {
        async send(request) {
            const route = routeFor(request);
            // A proxy resolves names itself; what this machine knows of the name is checked all the same.
            if (route.isProxied) {
                request.addressPolicy.check(request.url.hostname, await addressesOf((0,transport/* bareHostname */.CO)(request.url)));
            }
            for (;;) {
                try {
                    return await exchange(request, route, userAgent);
                }
                catch (error) {
                    if (!(error instanceof src_error/* ActionError */.lZ) || error.cause !== 'stale')
                        throw error;
                    dropIdleSockets(route.agent);
                }
            }
        },
        close() {
            for (const { agent } of routes.values())
                if (!isTunnel(agent))
                    agent.destroy();
        },
    };
}
function dropIdleSockets(agent) {
    for (const sockets of Object.values(agent.freeSockets))
        for (const socket of sockets ?? [])
            socket.destroy();
}
function newRoute(url) {
    const agent = newAgent(url);
    if (!isTunnel(agent))
        return { agent, isProxied: false };
    useOwnName(agent);
    if (url.protocol === 'https:')
        return { agent, isProxied: true };
    const forwarder = forwarderBy(agent);
    const options = { keepAlive: true, maxSockets: maxSocketsPerHost };
    return { agent: forwarder.isTls ? new external_node_https_namespaceObject.Agent(options) : new external_node_http_namespaceObject.Agent(options), isProxied: true, forwarder };
}
function newAgent(url) {
    try {
        const client = new HttpClient(undefined, [], { keepAlive: true, maxSockets: maxSocketsPerHost });
        return client.getAgent(urlForProxyRules(url).href);
    }
    catch {
        throw new src_error/* ActionError */.lZ('network', 'The proxy settings of the runner cannot be used.', {
            advice: 'Check that https_proxy and http_proxy are URLs: http://proxy:port.',
        });
    }
}
/**
 * What the toolkit should decide by whether a host goes around the proxy. It takes every host that begins with `127.` for
 * loopback, and no name below `localhost`; what is loopback is decided here.
 */
function urlForProxyRules(url) {
    const rules = new URL(url.origin);
    if ((0,address/* nameClass */.Kn)((0,transport/* bareHostname */.CO)(url)) === 'loopback')
        rules.hostname = 'localhost';
    // A name below another is covered by the same entries of no_proxy.
    else if (/^127\./.test(url.hostname))
        rules.hostname = `not-loopback.${url.hostname}`;
    return rules;
}
/** No other agent has this property. */
function isTunnel(agent) {
    return 'proxyOptions' in agent;
}
/** Has the certificate of a proxy checked against its own name; that in the header `Host` is the registry's. */
function useOwnName({ proxyOptions }) {
    proxyOptions.host = proxyOptions.host.replace(/^\[(.*)\]$/, '$1');
    proxyOptions.servername = (0,external_node_net_.isIP)(proxyOptions.host) === 0 ? proxyOptions.host : '';
}
/** Plain HTTP goes to a proxy with its whole URL: many refuse CONNECT for it. */
function forwarderBy({ proxyOptions, request }) {
    const { host, port, proxyAuth } = proxyOptions;
    const isTls = request === external_node_https_namespaceObject.request;
    const credentials = proxyAuth && `Basic ${Buffer.from(proxyAuth).toString('base64')}`;
    return {
        isTls,
        host,
        port: port === '' ? (isTls ? 443 : 80) : Number(port),
        headers: credentials ? { 'proxy-authorization': credentials } : {},
    };
}

;// CONCATENATED MODULE: ./lib/src/async/clock.js
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

// EXTERNAL MODULE: ./lib/src/registry/http/response-error.js
var response_error = __nccwpck_require__(3529);
// EXTERNAL MODULE: ./lib/src/registry/known-registries.js
var known_registries = __nccwpck_require__(6115);
;// CONCATENATED MODULE: ./lib/src/registry/auth/challenge.js
const separators = /[\s,]*/y;
const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const equals = /[ \t]*=[ \t]*/y;
const quoted = /"((?:[^"\\]|\\[\s\S])*)"?/y;
const challenge_unquoted = /[^\s,"]*/y;
const token68 = /[ \t]+[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
/**
 * Reads the challenges of all `WWW-Authenticate` headers of a response, comma-joined or repeated, in linear time.
 * What cannot be read is skipped: a challenge that is understood must not be lost to a neighbour that is not.
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
        const result = pattern.exec(text) ?? undefined;
        if (result)
            at += result[0].length;
        return result;
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
            const value = match(quoted)?.[1]?.replace(/\\([\s\S])/g, '$1') ?? match(challenge_unquoted)?.[0] ?? '';
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

;// CONCATENATED MODULE: ./lib/src/registry/auth/access-error.js




/** Whether an error says that a registry wants other credentials, or more. */
function isAccessError(error) {
    return error instanceof src_error/* ActionError */.lZ && (error.code === 'unauthorized' || error.code === 'denied');
}
/** The error for a 401 or 403 that is final. */
function accessError(response, credential, repository) {
    const error = (0,response_error/* statusError */.$C)(response, `${(0,reference/* nameOf */.Vb)(repository)} may not be pulled`);
    const challenges = parseChallenges(response.headers['www-authenticate'] ?? []);
    const isScopeMissing = challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope');
    return withSource(isScopeMissing ? error.with({ code: 'denied' }) : error, credential, repository);
}
/** The error for a registry that refuses anonymous requests without a challenge for the credentials that there are. */
function unchallengedError(response, { source }, { registry }) {
    const what = `${registry} refuses anonymous requests, and sent no challenge for the credentials from ${source}`;
    return (0,response_error/* statusError */.$C)(response, what).with({
        advice: 'Check the name of the registry and of the repository; ask its operator why it sends no challenge.',
    });
}
/** Adds to an access error where the credentials came from and what to do about it. */
function withSource(error, credential, repository) {
    if (!isAccessError(error) || error.advice !== undefined)
        return error;
    const source = credential === undefined
        ? `No credentials were found for ${repository.registry}.`
        : `The credentials came from ${credential.source}.`;
    return error.with({
        message: `${error.message} ${source}`,
        advice: `${adviceFor(repository, credential)} Some registries respond so for an image that does not exist, too.`,
    });
}
function adviceFor({ registry }, credential) {
    if (registry === 'ghcr.io' || credential?.isOptional) {
        return 'Give the job "permissions: packages: read", and the package access for this repository in its settings; for a package elsewhere give username and password (a token with read:packages).';
    }
    return credential === undefined
        ? `Log in to ${(0,reference/* wireHost */.we)(registry)} in an earlier step, or give the inputs username and password.`
        : 'Check that they are still valid and may read this repository.';
}

;// CONCATENATED MODULE: ./lib/src/registry/auth/session.js
/** A session that has not been authorized yet. */
function newSession(credential) {
    return { credential, authorization: undefined, isAccepted: false };
}
function isSameCredential(one, other) {
    return JSON.stringify(one) === JSON.stringify(other);
}
/**
 * The session to go on with after one was refused: with a fresh credential where the last one was accepted before and has
 * expired, anonymously where the workflow's own token was rejected. Undefined when the refusal is final.
 *
 * @param refused the credential of the session
 * @param findAgain looks the credential up anew
 */
async function successorOf(session, refused, findAgain, trace) {
    const fresh = session.isAccepted ? await findAgain() : refused;
    if (fresh !== undefined && !isSameCredential(fresh, refused)) {
        trace('token', `${refused.source} has expired: using what it gives now`);
        return newSession(async () => fresh);
    }
    if (!refused.isOptional)
        return undefined;
    trace('token', `${refused.source} was rejected: trying anonymously`);
    return newSession(async () => undefined);
}

;// CONCATENATED MODULE: ./lib/src/registry/auth/token.js





/** Bytes of a token response, and so of a token. */
const maxTokenBytes = 64 * 1024;
/** The name by which we introduce ourselves with an identity token. */
const clientId = 'image-digests';
const usableToken = /^[A-Za-z0-9._~+/=-]+$/;
/**
 * What a Bearer challenge asks for. Only the pull scope of our own repository is ever requested, whatever the challenge
 * names; `*` is passed through, as ECR and others have no other.
 *
 * @throws ActionError `registry-error` for a challenge without a realm
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
function tokenRequestFor(challenge, repository, credential) {
    const realm = challenge.parameters.get('realm') ?? '';
    if (!URL.canParse(realm)) {
        throw new src_error/* ActionError */.lZ('registry-error', `${repository.registry} wants a token, but names no realm to get it from.`, {
            remoteMessage: `realm="${realm}"`,
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
/** Equal for requests that one token satisfies. */
function tokenKey({ registry, realm, service, scope, credential }) {
    // The credential by its digest: a secret has no place in a key.
    const hidden = credential && (0,oci_digest/* digestOf */.ol)(Buffer.from(JSON.stringify(credential)));
    return JSON.stringify([registry, realm.href, service, scope, hidden]);
}
/**
 * Gets a token from a realm that `trust` allows.
 *
 * @throws ActionError `untrusted-host`, `unauthorized`, `denied`, or `registry-error` for a response without a usable token
 */
async function fetchToken(tokenRequest, context) {
    const { realm, credential } = tokenRequest;
    const { trust, registry } = context;
    if (realm.username !== '' || realm.password !== '') {
        const message = `${registry.url.host} names a token realm with a user name in it: ${realm.origin}.`;
        throw new src_error/* ActionError */.lZ('untrusted-host', message);
    }
    const addressPolicy = trust.realm(realm, registry, credential !== undefined);
    const base = { ...context.operation, phase: 'token', maxBytes: maxTokenBytes, addressPolicy };
    const response = await (credential?.kind === 'identity'
        ? fetchOAuth2Token(tokenRequest, credential.token, base, context.send)
        : fetchDistributionToken(tokenRequest, base, context.send));
    return tokenIn(response, realm);
}
/** @see https://distribution.github.io/distribution/spec/auth/token/#requesting-a-token */
function fetchDistributionToken({ realm, service, scope, credential }, base, send) {
    const url = withoutHash(realm);
    if (service !== undefined && !url.searchParams.has('service'))
        url.searchParams.set('service', service);
    url.searchParams.set('scope', scope);
    base.trace(base.phase, `GET ${url.href} (${credential?.source ?? 'anonymous'})`);
    const headers = credential === undefined ? {} : { authorization: basicHeader(credential) };
    return send({ ...base, method: 'GET', url, headers });
}
/** @see https://distribution.github.io/distribution/spec/auth/oauth/#getting-a-token */
function fetchOAuth2Token({ realm, service, scope, credential }, refreshToken, base, send) {
    const url = withoutHash(realm);
    url.searchParams.delete('scope');
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, scope });
    form.set('refresh_token', refreshToken);
    if (service !== undefined)
        form.set('service', service);
    base.trace(base.phase, `POST ${url.href} (${credential?.source ?? 'anonymous'})`);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return send({ ...base, method: 'POST', url, headers, body: form.toString() });
}
/**
 * The value of an `Authorization` header for a user name and password.
 *
 * @throws ActionError `unauthorized` for a credential that is a token
 */
function basicHeader(credential) {
    if (credential.kind === 'basic')
        return `Basic ${encodeBasic(credential.username, credential.password)}`;
    throw new src_error/* ActionError */.lZ('unauthorized', `The registry wants a user name and password, and ${credential.source} holds a token.`);
}
function tokenIn(response, realm) {
    if (response.status >= 300 && response.status < 400) {
        throw new src_error/* ActionError */.lZ('untrusted-host', `The token service ${realm.origin} redirects, and is not followed.`, {
            advice: 'Credentials go to the host that the registry names and to no other. Ask its operator.',
        });
    }
    if (response.status !== 200)
        throw (0,response_error/* statusError */.$C)(response, `The token service ${realm.origin} gave no token`);
    const document = (0,json_record/* parseRecord */.H)((0,response_error/* bodyText */.G3)(response.body));
    // Either field may hold the token; services that fill both put the same into them.
    const token = [document?.['token'], document?.['access_token']].find((value) => typeof value === 'string' && usableToken.test(value));
    if (token !== undefined)
        return token;
    // Of the response only an error is quoted: whatever else is in it may be a token all the same.
    throw new src_error/* ActionError */.lZ('registry-error', `The token service ${realm.origin} responded without a usable token.`, {
        remoteMessage: (0,response_error/* errorMessageIn */.PI)(document),
    });
}
function withoutHash(realm) {
    const url = new URL(realm);
    url.hash = '';
    return url;
}

;// CONCATENATED MODULE: ./lib/src/registry/auth/auth.js








/** Bytes of the response of `GET /v2/`, of which only the head matters. */
const maxBaseBytes = 64 * 1024;
/**
 * Answers the challenges of one repository. The request goes out first; a 401 tells what to do. It is sent at most once
 * more after a token was obtained or renewed for it, and once more where a credential that was accepted before has
 * expired, or the workflow's own token was rejected and the registry is tried anonymously.
 *
 * @throws ActionError `unauthorized` or `denied`, naming where rejected credentials came from
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
function withAuth(send, options) {
    const { repository } = options;
    let session = newSession(once(() => options.findCredential(false)));
    const refresh = async (refused, credential, { trace }) => {
        // Another request may have found the way by now.
        if (session !== refused)
            return session;
        return successorOf(refused, credential, () => options.findCredential(true), trace);
    };
    return async (request) => {
        const current = session;
        try {
            return await sendAuthorized(send, request, current, options);
        }
        catch (error) {
            if (!isAccessError(error))
                throw error;
            const credential = await current.credential().catch(() => undefined);
            const successor = credential && (await refresh(current, credential, request));
            if (successor === undefined)
                throw withSource(error, credential, repository);
            session = successor;
            const next = await successor.credential();
            return sendAuthorized(send, request, successor, options).catch((second) => {
                if (!isAccessError(second))
                    throw second;
                throw next === undefined ? withSource(error, credential, repository) : withSource(second, next, repository);
            });
        }
    };
}
/** Sends a request as it is or with what was accepted last; where the registry challenges it, once more. */
async function sendAuthorized(send, bare, session, options) {
    const { authorization } = session;
    const request = authorization === undefined ? bare : authorized(bare, authorization);
    if (authorization === undefined)
        void prefetchToken(bare, session, options).catch(() => undefined);
    const response = await send(request);
    if (!isFromRegistry(response, bare))
        return response;
    const isHidden = authorization === undefined && (await hidesFromAnonymous(response, session));
    if (!isHidden && response.status !== 401)
        return requireAccess(response, authorization, session, options);
    const renewed = await authorizationFor(response, request, { send, session, options });
    if (renewed === undefined)
        return requireAccess(response, undefined, session, options);
    if (renewed === authorization)
        throw accessError(response, await session.credential(), options.repository);
    session.authorization = renewed;
    const second = await send(authorized(bare, renewed));
    return isFromRegistry(second, bare) ? requireAccess(second, renewed, session, options) : second;
}
/** Gets the token that a known registry is going to want, while its challenge is on the way. */
async function prefetchToken(request, session, options) {
    const { repository } = options;
    const challenge = (0,known_registries/* knownChallenge */.j)(repository.registry);
    if (challenge === undefined)
        return;
    const parameters = new Map(Object.entries(challenge));
    const tokenRequest = tokenRequestFor({ scheme: 'bearer', parameters }, repository, await session.credential());
    if (tokenRequest.credential?.kind === 'bearer')
        return;
    await tokenFor(tokenRequest, request, { url: request.url, address: undefined }, options);
}
/** The `Authorization` that answers a challenge; undefined when the registry sent none. */
async function authorizationFor(response, request, { send, session, options }) {
    const { repository } = options;
    const challenges = await challengesOf(response, request, send);
    for (const challenge of challenges)
        request.trace('token', auth_describe(response, challenge));
    const isBasic = challenges.some(({ scheme }) => scheme === 'basic');
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && (parameters.has('realm') || !isBasic));
    const credential = await session.credential();
    if (challenges.length > 0 && credential?.kind === 'bearer')
        return `Bearer ${credential.token}`;
    if (bearer !== undefined) {
        const tokenRequest = tokenRequestFor(bearer, repository, credential);
        return `Bearer ${await tokenFor(tokenRequest, request, response, options)}`;
    }
    if (credential !== undefined && isBasic)
        return basicHeader(credential);
    if (response.status !== 401)
        return undefined;
    throw withSource((0,response_error/* statusError */.$C)(response, `${repository.registry} wants a login`), credential, repository);
}
/** The token for a request: a cached one, unless the request had it and was refused, or a new one. */
async function tokenFor(tokenRequest, request, registry, { tokens, trust, sendToken, keepToken }) {
    const key = tokenKey(tokenRequest);
    for (let cached = tokens.get(key); cached !== undefined; cached = tokens.get(key)) {
        const token = await cached.catch((error) => {
            if (isTimeoutOfAnother(error, request.signal))
                return undefined;
            throw error;
        });
        if (token !== undefined && `Bearer ${token}` !== request.headers['authorization'])
            return token;
        if (tokens.get(key) === cached)
            break;
    }
    const fresh = fetchToken(tokenRequest, { send: sendToken, trust, registry, operation: operationOf(request) });
    tokens.set(key, fresh);
    const token = await fresh;
    keepToken(token);
    return token;
}
function operationOf({ signal, deadline, attemptMs, trace }) {
    return { signal, deadline, attemptMs, trace };
}
/** Some registries respond to anonymous requests with 404 or 403, and send no challenge. */
async function hidesFromAnonymous({ status }, session) {
    if (status !== 404 && status !== 403)
        return false;
    const credential = await session.credential();
    return credential !== undefined && credential.isOptional !== true;
}
/** Throws for a registry that refuses access, and records that it grants it. */
async function requireAccess(response, authorization, session, { repository }) {
    if (response.status !== 401 && response.status !== 403) {
        session.isAccepted ||= authorization !== undefined;
        return response;
    }
    const credential = await session.credential();
    throw authorization === undefined && credential !== undefined
        ? unchallengedError(response, credential, repository)
        : accessError(response, credential, repository);
}
function authorized(request, authorization) {
    return { ...request, headers: { ...request.headers, authorization } };
}
/** The response of a host that the registry redirected to says nothing about access to the registry. */
function isFromRegistry({ url }, request) {
    const isUpgraded = request.url.protocol === 'http:' && url.protocol === 'https:' && request.url.port === '' && url.port === '';
    return url.hostname === request.url.hostname && ((0,transport/* portOf */.HM)(url) === (0,transport/* portOf */.HM)(request.url) || isUpgraded);
}
/** The challenges of a 401; where it carries none, those of `GET /v2/`. */
async function challengesOf(response, request, send) {
    const challenges = parseChallenges(response.headers['www-authenticate'] ?? []);
    if (challenges.length > 0)
        return challenges;
    const { authorization: _, ...headers } = request.headers;
    const url = new URL('/v2/', response.url);
    const base = await send({ ...request, method: 'GET', url, headers, maxBytes: maxBaseBytes, isStream: false });
    if (!(0,transport/* isGood */.Kg)(base) && base.status !== 401 && base.status !== 404) {
        throw (0,response_error/* statusError */.$C)(base, `GET ${base.url.href}, which was to tell how to log in`);
    }
    return base.status === 401 && isFromRegistry(base, request)
        ? parseChallenges(base.headers['www-authenticate'] ?? [])
        : [];
}
function auth_describe({ status, url }, { scheme, parameters }) {
    const list = [...parameters].map(([name, value]) => `${name}="${value}"`).join(', ');
    return `${url.host} responded ${status} with the challenge ${scheme} ${list}`;
}

;// CONCATENATED MODULE: ./lib/src/registry/http/body.js


/** Bytes that are read of the body of an error response. */
const maxErrorBytes = 64 * 1024;
/** Milliseconds for the body of an error response, which the status has said the most of. */
const maxErrorBodyMs = 5_000;
/**
 * Reads the body of every response to its end, counted; of an error response the beginning, as far as it comes.
 * The body of a good response to a request for a stream is left to the caller.
 *
 * @throws ActionError `too-large`, `registry-error` for a content encoding, and what reading the body throws
 */
function withWholeBody(send) {
    return async (request) => {
        const response = await send(request);
        const { status, headers, url, address } = response;
        const head = { status, headers, url, address };
        if (!(0,transport/* isGood */.Kg)(response))
            return { ...head, body: await beginningOf(response, request) };
        try {
            if (request.method !== 'HEAD')
                checkHeaders(response, request);
            if (request.isStream)
                return { ...head, body: new Uint8Array(), stream: response };
            return { ...head, body: await wholeOf(response, request) };
        }
        catch (error) {
            response.close();
            throw error;
        }
    };
}
async function wholeOf(response, request) {
    const { maxBytes } = request;
    const collected = collector(declaredLength(response), maxBytes);
    for await (const chunk of response.body) {
        if (!collected.add(chunk))
            throw body_tooLarge(request, `more than ${maxBytes}`);
    }
    return collected.bytes();
}
/** What becomes of the body of an error response changes nothing: its status is the news. */
async function beginningOf(response, { deadline }) {
    const collected = collector(declaredLength(response), maxErrorBytes);
    const timer = setTimeout(() => response.close(), Math.max(0, Math.min(maxErrorBodyMs, deadline - Date.now())));
    try {
        for await (const chunk of response.body)
            if (!collected.add(chunk))
                break;
    }
    catch {
        // What came until then is shown.
    }
    finally {
        clearTimeout(timer);
    }
    return collected.bytes();
}
/** Collects up to `maxBytes`. `add` is false when there are more. */
function collector(declared, maxBytes) {
    // As long as is declared, and longer where nothing is: a large body does not take its size twice.
    let buffer = Buffer.alloc(Math.min(declared, maxBytes));
    let length = 0;
    return {
        add(chunk) {
            const end = length + chunk.byteLength;
            if (end > buffer.byteLength)
                buffer = Buffer.concat([buffer], Math.min(maxBytes, Math.max(end, 2 * length)));
            buffer.set(chunk.subarray(0, buffer.byteLength - length), length);
            length = Math.min(end, buffer.byteLength);
            return end <= maxBytes;
        },
        bytes: () => buffer.subarray(0, length),
    };
}
function declaredLength(response) {
    return Math.max(0, Number((0,transport/* header */.wx)(response, 'content-length') ?? 0) || 0);
}
function checkHeaders(response, request) {
    const encoding = response.headers['content-encoding']?.join(', ') ?? 'identity';
    if (!/^(?:identity)?$/i.test(encoding.trim())) {
        throw new src_error/* ActionError */.lZ('registry-error', `${request.url.host} sent the content encoding "${encoding}".`, {
            advice: 'Plain bytes were requested. A proxy that compresses responses must not do so for registries.',
        });
    }
    const declared = declaredLength(response);
    if (!request.isStream && declared > request.maxBytes)
        throw body_tooLarge(request, String(declared));
}
function body_tooLarge({ url, maxBytes }, length) {
    return new src_error/* ActionError */.lZ('too-large', `The response of ${url.href} has ${length} bytes; at most ${maxBytes} are read.`);
}

;// CONCATENATED MODULE: ./lib/src/registry/http/concurrency.js

/** Requests in flight to one host; more bring rate limits and no speed. */
const maxRequestsPerHost = 8;
/** Lets at most eight requests be in flight to one host, each until its body has been read. The others queue in order. */
function withConcurrencyLimit(send) {
    const hosts = new Map();
    return async (request) => {
        const slots = hosts.get(request.url.host) ?? semaphore(maxRequestsPerHost);
        hosts.set(request.url.host, slots);
        const release = await slots.acquire(request.signal);
        try {
            const response = await send(request);
            return {
                ...response,
                body: releasedAfter(response.body, release),
                close() {
                    response.close();
                    release();
                },
            };
        }
        catch (error) {
            release();
            throw error;
        }
    };
}
async function* releasedAfter(body, release) {
    try {
        yield* body;
    }
    finally {
        release();
    }
}

;// CONCATENATED MODULE: ./lib/src/registry/http/retry-policy.js



/** Attempts at one request, the first included. */
const maxAttempts = 5;
/** Milliseconds: the first pause is up to this, and each may be twice as long as the one before. */
const firstPauseMs = 500;
/** Milliseconds that a pause of our own may have. */
const maxPauseMs = 20_000;
/** Milliseconds that a registry may ask us to wait; for more than this the request fails at once and says so. */
const maxRetryAfterMs = 60_000;
const retriedStatuses = new Set([408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524]);
/**
 * Milliseconds until the next attempt: full-jitter back-off from 0.5 s to 20 s, and at least what `Retry-After` asks
 * for. Undefined when there is to be no other.
 *
 * @param attempt the number of the attempt that ended with `result`, from 1
 * @param random from 0 to 1
 * @throws ActionError `rate-limited` or `registry-error` when the registry asks for more than a minute
 */
function pauseBeforeRetry(attempt, result, now, random) {
    if (attempt >= maxAttempts || !isRetried(result, attempt))
        return undefined;
    const backOffMs = random * Math.min(maxPauseMs, firstPauseMs * 2 ** (attempt - 1));
    if (result instanceof src_error/* ActionError */.lZ)
        return backOffMs;
    const requestedMs = retryAfterMs(result, now) ?? 0;
    if (requestedMs > maxRetryAfterMs)
        throw retryAfterTooLong(result, requestedMs);
    return Math.max(backOffMs, requestedMs);
}
/**
 * Milliseconds that `Retry-After` asks for, as seconds or as a date.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
function retryAfterMs(response, now) {
    const value = (0,transport/* header */.wx)(response, 'retry-after')?.trim() ?? '';
    if (/^[0-9]+$/.test(value))
        return Number(value) * 1000;
    // One of the three forms of a date has no zone, and means GMT.
    const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(/GMT$/.test(value) ? value : `${value} GMT`) : Number.NaN;
    return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
function isRetried(result, attempt) {
    if (result instanceof src_error/* ActionError */.lZ)
        return result.transient;
    return retriedStatuses.has(result.status) || (attempt === 1 && isPassingDenial(result));
}
/** ghcr.io denies now and then what it grants a moment later. */
function isPassingDenial({ status, url, body }) {
    return status === 403 && url.host === 'ghcr.io' && /"DENIED"/.test((0,response_error/* bodyText */.G3)(body));
}
function retryAfterTooLong(response, requestedMs) {
    const seconds = Math.round(requestedMs / 1000);
    return (0,response_error/* statusError */.$C)(response, `${response.url.host} asks for a wait of ${seconds} seconds`).with({
        advice: `The longest wait is ${maxRetryAfterMs / 1000} seconds. ${response.status === 429 ? response_error/* logInAdvice */.ip : 'Run the job again later.'}`,
    });
}

;// CONCATENATED MODULE: ./lib/src/registry/http/rate-limit.js



/** The rate limits of a run. */
function rateLimits(clock) {
    const ends = new Map();
    return {
        holdBack(host, end) {
            ends.set(host, Math.max(ends.get(host) ?? 0, end));
        },
        async waitForRateLimit({ url, deadline, signal }) {
            const end = ends.get(url.host) ?? 0;
            const leftMs = end - clock.now();
            if (leftMs <= 0)
                return;
            if (leftMs > maxRetryAfterMs || end >= deadline)
                throw holdTooLong(url, leftMs);
            await clock.sleep(leftMs, signal);
        },
    };
}
/**
 * Holds back requests to hosts that responded 429 while the requests were queued, and records a 429 before the next
 * request is let through.
 */
function withRateLimits(send, limits, clock) {
    return async (request) => {
        await limits.waitForRateLimit(request);
        const response = await send(request);
        if (response.status === 429) {
            limits.holdBack(request.url.host, clock.now() + (retryAfterMs(response, clock.now()) ?? 0));
        }
        return response;
    };
}
function holdTooLong({ host }, leftMs) {
    const wait = leftMs > maxRetryAfterMs
        ? `asks for a wait of ${Math.round(leftMs / 1000)} seconds`
        : 'its wait is longer than what is left of timeout';
    return new src_error/* ActionError */.lZ('rate-limited', `${host} responded 429 to another request, and ${wait}.`, {
        advice: `${response_error/* logInAdvice */.ip} Or allow more by the input timeout.`,
    });
}

;// CONCATENATED MODULE: ./lib/src/registry/http/redirect.js


/** Hops; storage back ends need one or two. */
const maxRedirects = 5;
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
        let registry;
        for (let hop = 0; hop <= maxRedirects; hop += 1) {
            const response = await send(request);
            if (!redirectStatuses.has(response.status))
                return response;
            registry ??= response;
            const target = redirect_targetOf((0,transport/* header */.wx)(response, 'location'), response.url);
            const addressPolicy = trust.redirect(target, response.url, registry);
            request.trace(request.phase, `${response.status}: redirected to ${target.href}`);
            request = { ...request, url: target, addressPolicy, headers: headersFor(request, response.url, target) };
        }
        throw new src_error/* ActionError */.lZ('registry-error', `${first.url.href} redirects more than ${maxRedirects} times.`);
    };
}
function redirect_targetOf(location, from) {
    if (location === undefined || location.trim() === '' || !URL.canParse(location, from.href)) {
        throw new src_error/* ActionError */.lZ('registry-error', `${from.href} redirects without a usable Location: "${location ?? ''}".`);
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

;// CONCATENATED MODULE: ./lib/src/registry/http/retry.js


/**
 * Sends a request again while {@link pauseBeforeRetry} says so and the operation has time for the pause. A 429 holds
 * back every request to that host.
 *
 * The last response is returned whatever it is. What the network did in the last attempt is thrown.
 *
 * @throws ActionError `rate-limited` or `registry-error` when the registry asks for a longer wait than a minute
 */
function withRetries(send, limits, clock) {
    return async (request) => {
        for (let attempt = 1;; attempt += 1) {
            await limits.waitForRateLimit(request);
            const result = await send(request).catch(asResult);
            const pauseMs = pauseBeforeRetry(attempt, result, clock.now(), clock.random());
            if (pauseMs === undefined || clock.now() + pauseMs >= request.deadline)
                return unwrap(result);
            const next = `Trying again in ${seconds(pauseMs)} s (attempt ${attempt + 1} of ${maxAttempts}).`;
            request.trace(request.phase, `${retry_describe(result, request)} ${next}`, 'urgent');
            if (!(result instanceof src_error/* ActionError */.lZ) && result.status === 429) {
                limits.holdBack(request.url.host, clock.now() + pauseMs);
            }
            if (pauseMs > 0)
                await clock.sleep(pauseMs, request.signal);
        }
    };
}
function asResult(error) {
    if (error instanceof src_error/* ActionError */.lZ)
        return error;
    throw error;
}
function unwrap(result) {
    if (result instanceof src_error/* ActionError */.lZ)
        throw result;
    return result;
}
function retry_describe(result, { method, url }) {
    return result instanceof src_error/* ActionError */.lZ ? result.message : `${method} ${url.href}: ${result.status}.`;
}
function seconds(milliseconds) {
    return (milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0);
}

;// CONCATENATED MODULE: ./lib/src/registry/http/scheme.js



/** Milliseconds for finding out whether TLS is spoken where plain HTTP was not understood. */
const maxTlsTrialMs = 5_000;
/**
 * Speaks plain HTTP to the hosts that it is allowed for until one of them shows that it wants TLS, then TLS. Requests
 * come in as `http:` where plain HTTP may be spoken.
 *
 * The first request to a registry carries no credentials, so that none are sent in the clear to a host that has TLS.
 */
function withScheme(send) {
    /** The origin that requests for a host go to. */
    const origins = new Map();
    const tryTls = async (request, target, plainFailure) => {
        const signal = AbortSignal.any([request.signal, AbortSignal.timeout(maxTlsTrialMs)]);
        try {
            const response = await send({ ...target, signal });
            origins.set(request.url.host, target.url.origin);
            return response;
        }
        catch (error) {
            if (!(error instanceof src_error/* ActionError */.lZ) || error.code !== 'tls' || error.cause === 'not-tls')
                return plainFailure();
            origins.set(request.url.host, target.url.origin);
            throw error;
        }
    };
    return async (request) => {
        const { host, protocol, origin } = request.url;
        if (protocol === 'https:')
            return send(request);
        const knownOrigin = origins.get(host);
        if (knownOrigin !== undefined)
            return send(movedTo(request, knownOrigin));
        try {
            const response = await send(request);
            const tlsOrigin = originWithTls(request, response);
            if (tlsOrigin !== undefined)
                return await tryTls(request, movedTo(request, tlsOrigin), () => response);
            origins.set(host, origin);
            return response;
        }
        catch (error) {
            if (!maySpeakTls(error))
                throw error;
            return tryTls(request, movedTo(request, samePortWithTls(request.url)), () => {
                throw error;
            });
        }
    };
}
/** The same request to another origin. */
function movedTo(request, origin) {
    return { ...request, url: new URL(`${request.url.pathname}${request.url.search}`, origin) };
}
function samePortWithTls(url) {
    return new URL(`https://${url.hostname}:${(0,transport/* portOf */.HM)(url)}`).origin;
}
/**
 * The origin where TLS is spoken, by a redirect to the same place under https, or by the 400 with which Go, nginx and
 * Apache respond to plain HTTP on a TLS port: its body says so, but to HEAD it has none. Any other redirect is for
 * others to judge, and so is every one of a token service.
 */
function originWithTls(request, { status, headers, body }) {
    const { method, url, phase } = request;
    const location = status > 300 && status < 400 ? (headers['location']?.[0] ?? '') : '';
    const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    const upgraded = new URL(url);
    upgraded.protocol = 'https:';
    if (phase !== 'token' && target?.href === upgraded.href)
        return target.origin;
    const isPlainRefused = status === 400 && (method === 'HEAD' || /\bHTTPS\b|SSL/.test((0,response_error/* bodyText */.G3)(body)));
    return isPlainRefused ? samePortWithTls(url) : undefined;
}
/** Others close the connection, or send a TLS alert, which is no HTTP from its first byte. */
function maySpeakTls(error) {
    return error instanceof src_error/* ActionError */.lZ && (error.cause === 'closed' || error.cause === 'not-http');
}

;// CONCATENATED MODULE: ./lib/src/registry/announced.js








/** The digests that a registry announces, as far as they are well-formed. A missing or malformed header is fine. */
function announcedDigests({ headers }) {
    return (headers['docker-content-digest'] ?? []).flatMap((value) => value.split(/[\s,]+/)).filter(oci_digest/* isDigest */.Bc);
}
/** The media type that a registry announces; undefined when it is generic, and says nothing. */
function announcedType(response) {
    const type = essence((0,transport/* header */.wx)(response, 'content-type'));
    return isGenericType(type) ? undefined : type;
}
/**
 * Holds the body of a response against what was requested and what its headers claim.
 *
 * @param requestedDigest undefined for a tag
 * @returns the digest of the bytes: the one requested, else sha256
 * @throws ActionError `digest-mismatch`
 */
function verifyAnnounced(response, requestedDigest) {
    const { body, url } = response;
    if (requestedDigest !== undefined)
        verifyDigest(body, requestedDigest, url.href);
    for (const digest of announcedDigests(response)) {
        verifyDigest(body, digest, url.href, 'announced by Docker-Content-Digest');
    }
    return requestedDigest ?? (0,oci_digest/* digestOf */.ol)(body);
}
/**
 * Refuses a response that is announced as something else than an index or a manifest. This comes before its digest, as
 * that of a schema 1 manifest is not that of its bytes.
 *
 * @throws ActionError `unsupported`
 */
function refuseAnnouncedType(response) {
    refuseUnsupportedType(announcedType(response) ?? '');
}
/** Adds to an error of reading a body the error that registries and proxies send with status 200. */
function quoting(response, read) {
    try {
        return read();
    }
    catch (error) {
        if (!(error instanceof src_error/* ActionError */.lZ))
            throw error;
        const text = (0,response_error/* bodyText */.G3)(response.body).trim();
        const message = (0,response_error/* errorMessageIn */.PI)((0,json_record/* parseRecord */.H)(text)) ?? (/^[[{]|^$/.test(text) ? undefined : text);
        throw error.with({ remoteMessage: message });
    }
}
/** Reads the document in a response whose digest has been verified. */
function readAnnounced(response) {
    return quoting(response, () => parseDocument(response.body, announcedType(response)));
}

;// CONCATENATED MODULE: ./lib/src/registry/range-reader.js


/** Bytes that count as progress. */
const progressBytes = 1024 * 1024;
/** Breaks without progress between them. */
const maxBreaks = 5;
/**
 * A reader of the ranges of one blob. What breaks off is resumed where it ended, asked of the registry anew.
 *
 * @throws ActionError when it reads: `size-mismatch`, `registry-error` for a wrong range, `network` after five breaks
 *   without 1 MiB of progress
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14
 */
function rangeReader(descriptor, fetch, context) {
    const { size, digest } = descriptor;
    const request = (range) => {
        const isWhole = range.start === 0 && range.end === size - 1;
        return fetch(isWhole ? undefined : range, context.operation);
    };
    return {
        fetch: request,
        async *read({ start, end }, response) {
            let at = start;
            let lastBreak = start;
            let breaks = 0;
            for (let current = response;; current = undefined) {
                try {
                    const opened = current ?? (await request({ start: at, end }));
                    for await (const chunk of bodyFrom(at, end, opened, descriptor, context.onBytes)) {
                        at += chunk.byteLength;
                        yield chunk;
                    }
                    return;
                }
                catch (error) {
                    if (!(error instanceof src_error/* ActionError */.lZ) || !error.transient || context.operation.signal.aborted)
                        throw error;
                    if (at > end)
                        return;
                    breaks = at - lastBreak >= progressBytes ? 1 : breaks + 1;
                    lastBreak = at;
                    if (breaks >= maxBreaks)
                        throw brokenOff(digest, error);
                    context.onBreak(`${digest} broke off at ${at} of ${size} bytes: resuming. ${error.message}`);
                }
            }
        },
    };
}
/** The bytes from `at` on of a response to a request for the bytes from `at` to `end`. */
async function* bodyFrom(at, end, response, descriptor, onBytes) {
    const { stream } = response;
    if (stream === undefined)
        return;
    const isWhole = response.status === 200;
    try {
        if (!isWhole)
            checkRange(response, { start: at, end }, descriptor);
        // A server without ranges starts over: what was there already is skipped.
        let skip = isWhole ? at : 0;
        let left = end - at + 1;
        // The whole of a blob must end where it should; of a piece the rest is not read.
        const isPiece = isWhole && end < descriptor.size - 1;
        for await (const chunk of stream.body) {
            onBytes(chunk.byteLength);
            const rest = chunk.subarray(Math.min(skip, chunk.byteLength));
            skip -= chunk.byteLength - rest.byteLength;
            left -= rest.byteLength;
            if (left <= 0 && isPiece) {
                yield rest.subarray(0, rest.byteLength + left);
                return;
            }
            if (left < 0)
                throw isWhole ? tooLong(descriptor) : wrongRange(response, 'more bytes than it announced');
            if (rest.byteLength > 0)
                yield rest;
        }
        if (!isWhole && left > 0)
            throw wrongRange(response, 'fewer bytes than it announced');
    }
    finally {
        stream.close();
    }
}
function checkRange(response, { start, end }, { digest, size }) {
    const value = (0,transport/* header */.wx)(response, 'content-range') ?? '';
    const [, first, last, total] = /^bytes ([0-9]+)-([0-9]+)\/([0-9]+|\*)$/.exec(value) ?? [];
    if (response.status !== 206 || first !== String(start) || last !== String(end)) {
        throw wrongRange(response, `the range "${value}" where bytes ${start}-${end} were requested`);
    }
    if (total === '*' || total === String(size))
        return;
    throw new src_error/* ActionError */.lZ('size-mismatch', `${digest} has ${total} bytes by its range; its descriptor says ${size}.`, {
        advice: 'The image is malformed. Push it again.',
    });
}
function tooLong({ digest, size }) {
    return new src_error/* ActionError */.lZ('size-mismatch', `${digest} has more than ${size} bytes; its descriptor says ${size}.`, {
        advice: 'The image is malformed. Push it again.',
    });
}
function wrongRange({ url, status }, what) {
    return new src_error/* ActionError */.lZ('registry-error', `${url.host} responded ${status} with ${what}.`, {
        advice: 'The registry or its storage does not follow HTTP. Tell its operator.',
    });
}
function brokenOff(digest, error) {
    return new src_error/* ActionError */.lZ('network', `${digest} broke off ${maxBreaks} times without progress. ${error.message}`);
}

;// CONCATENATED MODULE: ./lib/src/registry/download.js



/** Bytes from which on a blob is downloaded in pieces: over a distance one connection is slower than several. */
const minPiecedBytes = 32 * 1024 * 1024;
/** Bytes of a piece. A piece waits in memory for those before it. */
const pieceBytes = 8 * 1024 * 1024;
/** Milliseconds in which a download has to make progress, and in which that is checked. */
const maxStallMs = 60_000;
const stallCheckMs = 10_000;
/**
 * Downloads a blob. What breaks off is resumed where it ended, asked of the registry anew, as signed storage addresses
 * expire.
 *
 * @throws ActionError `digest-mismatch` (with the cause `resumed` where it was resumed), `size-mismatch`,
 *   `registry-error` for a wrong range, `timeout` without 1 MiB in a minute, `network` after five breaks without 1 MiB
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14
 */
async function* download(descriptor, fetch, context) {
    const { operation, slots } = context;
    const release = await slots.acquire(operation.signal);
    const abort = new AbortController();
    const watch = watchProgress(descriptor, abort);
    const state = { resumed: false };
    const reader = rangeReader(descriptor, fetch, {
        operation: { ...operation, signal: AbortSignal.any([operation.signal, abort.signal]) },
        onBytes: watch.add,
        onBreak(message) {
            state.resumed = true;
            operation.trace('manifest', message, 'urgent');
        },
    });
    try {
        yield* verifiedStream(bytesOf(descriptor, reader, slots), descriptor, descriptor.digest);
    }
    catch (error) {
        const isResumed = state.resumed && error instanceof src_error/* ActionError */.lZ && error.code === 'digest-mismatch';
        throw isResumed ? error.with({ cause: 'resumed' }) : error;
    }
    finally {
        watch.stop();
        // Ends the pieces that are still under way.
        abort.abort(new src_error/* ActionError */.lZ('network', `The download of ${descriptor.digest} was given up.`));
        release();
    }
}
async function* bytesOf({ size }, reader, slots) {
    const whole = { start: 0, end: size - 1 };
    if (size < minPiecedBytes)
        return yield* reader.read(whole);
    // One request tells whether the server does ranges.
    const first = { start: 0, end: pieceBytes - 1 };
    const response = await reader.fetch(first);
    if (response.status === 200)
        yield* reader.read(whole, response);
    else
        yield* inPieces(size, { first, response }, reader, slots);
}
/** Yields the pieces in order, fetching ahead as many as there are free slots. */
async function* inPieces(size, { first, response }, reader, slots) {
    const ahead = [];
    let next = first.end + 1;
    const takePiece = () => {
        const piece = { start: next, end: Math.min(next + pieceBytes, size) - 1 };
        next = piece.end + 1;
        return piece;
    };
    const fetchAhead = () => {
        while (next < size) {
            const release = slots.tryAcquire();
            if (release === undefined)
                return;
            ahead.push({ chunks: eagerly(reader.read(takePiece())), release });
        }
    };
    try {
        fetchAhead();
        yield* reader.read(first, response);
        while (ahead.length > 0 || next < size) {
            fetchAhead();
            const piece = ahead.shift();
            if (piece === undefined)
                yield* reader.read(takePiece());
            else {
                try {
                    yield* piece.chunks;
                }
                finally {
                    piece.release();
                }
            }
        }
    }
    finally {
        for (const { release } of ahead)
            release();
    }
}
/** Starts reading at once, and keeps what has been read until somebody takes it. */
function eagerly(source) {
    let chunks = [];
    let end;
    let wake = () => { };
    const read = async () => {
        try {
            for await (const chunk of source) {
                chunks.push(chunk);
                wake();
            }
            end = {};
        }
        catch (error) {
            end = { error };
        }
        wake();
    };
    void read();
    return (async function* () {
        for (;;) {
            const taken = chunks;
            chunks = [];
            yield* taken;
            if (chunks.length > 0)
                continue;
            if (end?.error !== undefined)
                throw end.error;
            if (end !== undefined)
                return;
            await new Promise((resolve) => {
                wake = resolve;
            });
        }
    })();
}
/** Aborts a download that has got less than 1 MiB in the last minute. */
function watchProgress({ digest }, abort) {
    let total = 0;
    const marks = [0];
    const timer = setInterval(() => {
        marks.push(total);
        if (marks.length <= maxStallMs / stallCheckMs)
            return;
        const before = marks.shift() ?? 0;
        if (total - before >= progressBytes)
            return;
        abort.abort(new src_error/* ActionError */.lZ('timeout', `${digest}: less than 1 MiB came in the last ${maxStallMs / 1000} seconds.`));
    }, stallCheckMs);
    timer.unref();
    return {
        add(bytes) {
            total += bytes;
        },
        stop: () => clearInterval(timer),
    };
}

;// CONCATENATED MODULE: ./lib/src/registry/referrers.js







/** Pages of the referrers API that are read, and descriptors on all of them. */
const maxPages = 10;
const maxDescriptors = 1000;
const indexType = 'application/vnd.oci.image.index.v1+json';
/** The endings of the tags under which cosign keeps signatures, attestations and SBOMs. */
const cosignSuffixes = ['.sig', '.att', '.sbom'];
/**
 * What a registry says refers to a subject: by the referrers API, by the tag of the subject's digest, which clients write
 * where there is no API and sometimes beside it, and by cosign's tags. The registry itself is asked, never a mirror.
 * At most 1,000 descriptors on ten pages are looked at.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
async function findReferrers(subject, lookup) {
    const errors = [];
    // One place that fails says nothing about what the others have.
    const orError = (error) => {
        if (!(error instanceof src_error/* ActionError */.lZ))
            throw error;
        errors.push(error);
        return nothing;
    };
    const parts = await Promise.all([
        fromApi(subject, lookup).catch(orError),
        fromTag(subject, lookup).catch(orError),
        ...cosignSuffixes.map((suffix) => fromCosignTag(subject, suffix, lookup).catch(orError)),
    ]);
    const all = parts.flatMap(({ referrers }) => referrers);
    const isOver = parts.some(({ isCut }) => isCut) || all.length > maxDescriptors;
    return {
        referrers: all.slice(0, maxDescriptors),
        errors,
        overflow: isOver ? tooMany(subject, Math.min(all.length, maxDescriptors)) : undefined,
    };
}
async function fromApi(subject, { send, operation }) {
    const referrers = [];
    let search = '';
    for (let page = 1;; page += 1) {
        const path = `referrers/${subject}`;
        const request = { method: 'GET', path, search, headers: { accept: indexType }, isForRegistry: true };
        const response = await send({ ...request, phase: 'index', maxBytes: maxDocumentBytes }, operation);
        if (response.status === 404 || response.status === 406) {
            operation.trace('index', `${response.url.host} has no referrers API (${response.status}): using the tag`);
            return { referrers, isCut: false };
        }
        if (response.status !== 200)
            throw (0,response_error/* statusError */.$C)(response, `GET ${response.url.href}`);
        const index = indexIn(response);
        if (index === undefined) {
            operation.trace('index', `${response.url.host} responded to the referrers API with no index: using the tag`);
            return { referrers, isCut: false };
        }
        for (const descriptor of index.manifests)
            referrers.push({ descriptor, from: 'referrers-api' });
        const next = nextPage(response, subject);
        if (next === undefined)
            return { referrers, isCut: false };
        if (page >= maxPages || referrers.length > maxDescriptors)
            return { referrers, isCut: true };
        search = next;
    }
}
function indexIn(response) {
    try {
        const document = parseDocument(response.body, announcedType(response));
        return document.kind === 'index' ? document : undefined;
    }
    catch (error) {
        if (error instanceof src_error/* ActionError */.lZ)
            return undefined;
        throw error;
    }
}
/** The query of the next page; undefined for the last. */
function nextPage(response, subject) {
    const link = /<([^<>]*)>\s*;[^,<]*\brel="?next"?/i.exec((response.headers['link'] ?? []).join(', '))?.[1];
    if (link === undefined)
        return undefined;
    const url = URL.canParse(link, response.url.href) ? new URL(link, response.url) : undefined;
    if (url !== undefined && (0,transport/* isSameOrigin */.J6)(url, response.url) && url.pathname === response.url.pathname)
        return url.search;
    throw new src_error/* ActionError */.lZ('untrusted-host', `The next page of the referrers of ${subject} is in another place.`, {
        remoteMessage: `Link: ${link}`,
        advice: 'Pages are followed on the same registry only. Tell its operator.',
    });
}
const nothing = { referrers: [], isCut: false };
/** The tag `sha256-HEX`, which counts only when it names an index: GitLab resolves it to the subject itself. */
async function fromTag(subject, { store, operation }) {
    const document = await existing(() => store.resolve(tagFor(subject)));
    if (document === undefined || document.digest === subject || document.document.kind !== 'index')
        return nothing;
    operation.trace('index', `The tag ${tagFor(subject)} names ${document.document.manifests.length} referrers`);
    const { manifests } = document.document;
    return { referrers: manifests.map((descriptor) => ({ descriptor, from: 'referrers-tag' })), isCut: false };
}
async function fromCosignTag(subject, suffix, { store }) {
    const verified = await existing(() => store.resolve(`${tagFor(subject)}${suffix}`));
    if (verified === undefined || verified.digest === subject)
        return nothing;
    const { digest, bytes, document } = verified;
    const { mediaType, annotations } = document;
    const artifactType = document.kind === 'manifest' ? document.artifactType : '';
    const descriptor = { mediaType, digest, size: bytes.byteLength, annotations, artifactType };
    return { referrers: [{ descriptor, from: 'cosign-tag' }], isCut: false };
}
/** The tag of a digest: at most 64 of its digits, as the specification cuts it. */
function tagFor(subject) {
    return `${subject.slice(0, subject.indexOf(':'))}-${(0,oci_digest/* hexOf */.ZD)(subject).slice(0, 64)}`;
}
async function existing(get) {
    try {
        return await get();
    }
    catch (error) {
        if (error instanceof src_error/* ActionError */.lZ && error.code === 'not-found')
            return undefined;
        throw error;
    }
}
function tooMany(subject, count) {
    const message = `More than ${maxDescriptors} artifacts, or ${maxPages} pages of them, refer to ${subject}; ${count} were looked at.`;
    return new src_error/* ActionError */.lZ('too-large', message, { advice: 'Remove old signatures and attestations from the registry.' });
}

;// CONCATENATED MODULE: ./lib/src/registry/store.js











const accept = manifestTypes.join(', ');
/** Bytes of the response of `GET /v2/`, of which only the status matters. */
const store_maxBaseBytes = 64 * 1024;
/**
 * The content of one repository.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull
 */
function registryStore(options, operation) {
    const { repository, send, budget } = options;
    const { trace } = operation;
    const name = (0,reference/* nameOf */.Vb)(repository);
    const get = (path, request) => send({ method: 'GET', path, maxBytes: maxDocumentBytes, ...request }, operation);
    const traced = (verified) => {
        const { document, bytes, digest } = verified;
        trace(document.kind, `${document.mediaType}, ${bytes.byteLength} bytes: ${digest}, verified`);
        return verified;
    };
    /** Something that responds 404 to everything is no registry, and says nothing about an image. */
    const requireRegistry = async (response) => {
        if ((0,response_error/* isErrorList */.tU)(response))
            return;
        const base = await send({ method: 'GET', path: '', phase: 'index', maxBytes: store_maxBaseBytes, isForRegistry: true }, operation);
        if (!(0,transport/* isGood */.Kg)(base) && base.status !== 401)
            throw notRegistry(base);
    };
    const resolve = async (target, isForRegistry) => {
        const response = await get(`manifests/${target}`, { headers: { accept }, phase: 'index', isForRegistry });
        if (isMissing(response, target)) {
            await requireRegistry(response);
            throw store_notFound(response, name, target);
        }
        if (response.status !== 200)
            throw (0,response_error/* statusError */.$C)(response, `GET ${response.url.href}`);
        refuseAnnouncedType(response);
        const digest = verifyAnnounced(response, (0,oci_digest/* isDigest */.Bc)(target) ? target : undefined);
        budget.take(digest, response.body.byteLength);
        return traced({ digest, bytes: response.body, document: readAnnounced(response), servedBy: response.servedBy });
    };
    const store = {
        resolve: (target) => resolve(target, false),
        async document(descriptor) {
            const { digest, mediaType } = descriptor;
            refuseUnsupportedType(essence(mediaType));
            refuseLarge(descriptor);
            const phase = isIndexType(mediaType) ? 'index' : 'manifest';
            const response = await get(`manifests/${digest}`, { headers: { accept }, phase });
            if (response.status !== 200)
                throw unavailable(response, name, digest, 'missing-child');
            refuseAnnouncedType(response);
            verifyAnnounced(response, digest);
            budget.take(digest, response.body.byteLength);
            verifySize(response.body, descriptor);
            const document = quoting(response, () => readDescribed(response.body, descriptor, announcedType(response)));
            return traced({ digest, bytes: response.body, document, servedBy: response.servedBy });
        },
        async blob(descriptor) {
            const { digest } = descriptor;
            refuseLarge(descriptor);
            const response = await get(`blobs/${digest}`, { phase: 'manifest' });
            if (response.status !== 200)
                throw unavailable(response, name, digest, 'bad-blob');
            verifyAnnounced(response, digest);
            budget.take(digest, response.body.byteLength);
            verifySize(response.body, descriptor);
            trace('manifest', `config ${digest}: ${response.body.byteLength} bytes, verified`);
            return response.body;
        },
        async head(target) {
            const request = { method: 'HEAD', path: `manifests/${target}`, headers: { accept }, phase: 'index' };
            const response = await send({ ...request, maxBytes: 0 }, operation).catch(asDenied);
            if (response?.status === 429)
                throw (0,response_error/* statusError */.$C)(response, `HEAD ${response.url.href}`);
            // Some registries and CDNs refuse HEAD alone: it is never the last word.
            if (response?.status !== 200) {
                const document = await store.resolve(target);
                return { digest: document.digest, mediaType: document.document.mediaType, document };
            }
            return { digest: singleDigest(announcedDigests(response)), mediaType: announcedType(response) };
        },
        stream(descriptor) {
            const fetch = async (range, within) => {
                const headers = range && { range: `bytes=${range.start}-${range.end}` };
                const request = { method: 'GET', path: `blobs/${descriptor.digest}`, phase: 'manifest', maxBytes: 0 };
                const response = await send({ ...request, isStream: true, ...(headers && { headers }) }, within);
                if ((0,transport/* isGood */.Kg)(response))
                    return response;
                throw unavailable(response, name, descriptor.digest, 'bad-blob');
            };
            return download(descriptor, fetch, { operation, slots: options.downloads });
        },
        referrers(subject) {
            // What refers to an image is for the registry itself to say, also by a tag.
            const own = { resolve: (target) => resolve(target, true) };
            return findReferrers(subject, { send, store: own, operation });
        },
        async size({ digest }) {
            const path = `blobs/${digest}`;
            const head = await send({ method: 'HEAD', path, phase: 'manifest', maxBytes: 0 }, operation).catch(asDenied);
            if (head?.status === 429)
                throw (0,response_error/* statusError */.$C)(head, `HEAD ${head.url.href}`);
            const claimed = head?.status === 200 ? lengthOf(head) : undefined;
            if (claimed !== undefined)
                return { kind: 'present', size: claimed };
            const request = { method: 'GET', path, phase: 'manifest', maxBytes: 0, isStream: true };
            const response = await send(request, operation);
            response.stream?.close();
            return claimOf(response);
        },
    };
    return store;
}
/** A registry that denies HEAD may allow GET. */
function asDenied(error) {
    if (error instanceof src_error/* ActionError */.lZ && error.code === 'denied')
        return undefined;
    throw error;
}
function claimOf(response) {
    if (response.status === 404)
        return { kind: 'missing' };
    if (response.status === 429)
        throw (0,response_error/* statusError */.$C)(response, `GET ${response.url.href}`);
    const { host } = response.url;
    if (response.status !== 200)
        return { kind: 'unknown', why: `${host} responded ${response.status}` };
    const size = lengthOf(response);
    return size === undefined ? { kind: 'unknown', why: `${host} gives no length` } : { kind: 'present', size };
}
function lengthOf(response) {
    const length = (0,transport/* header */.wx)(response, 'content-length') ?? '';
    return /^[0-9]+$/.test(length) ? Number(length) : undefined;
}
/** What several headers agree on. */
function singleDigest(digests) {
    return new Set(digests).size === 1 ? digests[0] : undefined;
}
/**
 * A 404 means missing when it is the response of a manifest endpoint, be it that of another registry that was
 * redirected to. Of a storage host it means that something named is not there.
 */
function isMissing({ status, url }, target) {
    const path = /^\/v2\/.+\/manifests\/([^/]+)$/.exec(url.pathname)?.[1];
    return status === 404 && path === target;
}
function store_notFound(response, name, target) {
    const image = `${name}${(0,oci_digest/* isDigest */.Bc)(target) ? '@' : ':'}${target}`;
    return (0,response_error/* statusError */.$C)(response, `${image} does not exist`).with({
        code: 'not-found',
        advice: 'Check the spelling of repository and tag, and whether its push has finished. To wait for it set wait-timeout; to go on without it set fail-on-missing: false.',
    });
}
function notRegistry(response) {
    return (0,response_error/* statusError */.$C)(response, `${response.url.host} does not look like a registry: it responds 404 to a manifest, and to GET /v2/ neither 2xx nor 401`).with({ code: 'registry-error', advice: 'Check the host in the reference, and what serves it.' });
}
/** A child or blob is named by a document that the registry serves: that it is not there is the registry's fault. */
function unavailable(response, name, digest, cause) {
    if (response.status !== 404)
        return (0,response_error/* statusError */.$C)(response, `GET ${response.url.href}`);
    return (0,response_error/* statusError */.$C)(response, `${name} names ${digest}, but the registry does not have it`).with({ cause });
}

// EXTERNAL MODULE: ./lib/src/registry/trust/trust.js
var trust_trust = __nccwpck_require__(7335);
;// CONCATENATED MODULE: ./lib/src/registry/open.js














/** Downloads of a run, and pieces of large ones, that are under way at a time: as many as connections to a host. */
const maxDownloads = 8;
/** All registries of a run: each repository with the trust, the scheme and the tokens of its own. */
function openRegistries(options) {
    const { mirrors, tagsFromRegistry, budget, cache } = options;
    const { send, sendOnce } = withFaultTolerance(options);
    const tokens = new Map();
    const downloads = semaphore(maxDownloads);
    const connections = new Map();
    const transports = new Map();
    const shared = { options, tokens, connections };
    const transportTo = (repository) => {
        const name = (0,reference/* nameOf */.Vb)(repository);
        const cached = transports.get(name);
        if (cached !== undefined)
            return cached;
        const trustIn = ({ registry }) => (0,trust_trust/* trustFor */.Q)(registry, options);
        const own = repositoryTransport(repository, trustIn(repository), send, shared);
        const mirrored = (mirrors.get(repository.registry) ?? []).map(({ host, prefix }) => {
            const mirror = mirroredRepository(repository.path, host, prefix);
            return { host, send: repositoryTransport(mirror, trustIn(mirror), sendOnce, shared) };
        });
        const transport = withMirrors(own, mirrored, tagsFromRegistry);
        transports.set(name, transport);
        return transport;
    };
    const storeOf = (repository, transport, operation) => withCache(registryStore({ repository, send: transport, budget, downloads }, operation), (0,reference/* nameOf */.Vb)(repository), cache, operation.signal);
    return {
        send,
        open: (reference, operation) => storeOf(reference, transportTo(reference), operation),
        openNamed(reference, from, operation) {
            const unknown = { url: new URL('https://localhost/'), address: undefined };
            const namedBy = (from && connections.get(from.registry)) ?? unknown;
            const trust = (0,trust_trust/* trustFor */.Q)(reference.registry, options, namedBy);
            return storeOf(reference, repositoryTransport(reference, trust, send, shared), operation);
        },
    };
}
/** From the bottom up: a request is held back by rate limits, queued, read whole, sent in the right scheme, and retried. */
function withFaultTolerance({ send, clock = systemClock }) {
    const limits = rateLimits(clock);
    const limited = withScheme(withWholeBody(withConcurrencyLimit(withRateLimits(send, limits, clock))));
    // A mirror gets one attempt, and is not waited for.
    return { send: withRetries(limited, limits, clock), sendOnce: withScheme(withWholeBody(withConcurrencyLimit(send))) };
}
/** Above that, for one repository: redirects are followed and challenges answered. */
function repositoryTransport(repository, trust, sendOne, { options, tokens, connections }) {
    const { registry, path: repositoryPath } = repository;
    const host = (0,reference/* wireHost */.we)(registry);
    const sendRecorded = async (request) => {
        const response = await sendOne(request);
        if (request.url.host === host)
            connections.set(registry, response);
        return response;
    };
    const sendBare = withRedirects(sendRecorded, trust);
    const send = withAuth(sendBare, {
        repository,
        trust,
        findCredential: (again) => options.credentials(repository, again),
        sendToken: sendOne,
        tokens,
        keepToken: options.keepToken,
    });
    return async ({ path, search = '', isForRegistry: _, ...request }, operation) => {
        const url = new URL(`${trust.scheme}://${host}/v2/`);
        if (path !== '')
            url.pathname += `${repositoryPath}/${path}`;
        url.search = search;
        operation.trace(request.phase, `${request.method} ${url.href}`);
        const complete = { headers: {}, ...request, ...operation, url, addressPolicy: trust.registry() };
        return { ...(await (path === '' ? sendBare(complete) : send(complete))), servedBy: host };
    };
}

;// CONCATENATED MODULE: ./lib/src/async/operation.js

/** Milliseconds that an attempt may take at least: a pull-through cache may need 33 s for its first byte. */
const minAttemptMs = 30_000;
/**
 * Gives `body` an operation that ends after so many milliseconds.
 *
 * @throws ActionError `timeout` when it takes longer, besides what `body` throws
 */
async function withDeadline(timeoutMs, trace, body) {
    const controller = new AbortController();
    const { signal } = controller;
    const late = new src_error/* ActionError */.lZ('timeout', `Resolving the image took longer than ${timeoutMs / 1000} seconds.`, {
        advice: 'Check the registry and the network first; the input timeout allows more.',
    });
    const timer = setTimeout(() => controller.abort(late), timeoutMs);
    const attemptMs = Math.max(minAttemptMs, timeoutMs / 2);
    const overdue = new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(late), { once: true });
    });
    try {
        return await Promise.race([body({ signal, deadline: Date.now() + timeoutMs, attemptMs, trace }), overdue]);
    }
    finally {
        clearTimeout(timer);
    }
}

;// CONCATENATED MODULE: ./lib/src/image/base-name.js


/** The annotation, or label, by which an image names the one that it was built on. */
const baseNameKey = 'org.opencontainers.image.base.name';
/**
 * The base image that a platform's image names itself: by its manifest, its entry in the index, the index, or a label of
 * its config, in this order. It is a reference on a registry, never a layout.
 *
 * @throws ActionError `invalid-input` where it names none, or none that can be used
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys
 */
function namedBase({ indexAnnotations }, entry) {
    const annotations = [entry.manifest.annotations, entry.entryAnnotations, indexAnnotations];
    const annotated = annotations.map((map) => map[baseNameKey]).find((name) => name);
    const name = annotated ?? entry.config?.content?.labels[baseNameKey];
    if (!name) {
        throw new src_error/* ActionError */.lZ('invalid-input', `base-image is auto, but the image has no ${baseNameKey}.`, {
            advice: 'Write the name of the base image into base-image, or annotate the image when it is built.',
        });
    }
    try {
        return { source: { kind: 'registry', reference: (0,reference/* parseReference */.F2)(name) }, isFromLabel: annotated === undefined };
    }
    catch (error) {
        if (!(error instanceof src_error/* ActionError */.lZ))
            throw error;
        throw new src_error/* ActionError */.lZ('invalid-input', `base-image is auto, but the ${baseNameKey} of the image cannot be used.`, {
            remoteMessage: name,
            advice: 'Write the name of the base image into base-image, or annotate the image rightly when it is built.',
        });
    }
}

;// CONCATENATED MODULE: ./lib/src/image/image.js



/** Levels of index below one another. */
const image_maxLevels = 4;
/** Entries of an index and all that nest in it. */
const image_maxEntries = 1000;
/**
 * Reads what `target` points to, and every index that nests in it.
 *
 * @param fetched what it points to, where that has been fetched
 * @throws ActionError `invalid-manifest` for too many entries, levels or a cycle, and what the store throws
 */
async function loadImage(store, target, fetched) {
    const root = fetched ?? (await store.resolve(target));
    const unreadable = [];
    if (root.document.kind === 'manifest')
        return { ...root, entries: undefined, unreadable };
    const expansion = { store, left: image_maxEntries, unreadable };
    const entries = await expand(root.document, [root.digest], expansion);
    return { ...root, entries, unreadable };
}
/** Whether an error is about the content of a document, or its absence, and not about the way to it. */
function isContentError(error) {
    if (!(error instanceof src_error/* ActionError */.lZ))
        return false;
    return (['invalid-manifest', 'unsupported', 'size-mismatch', 'too-large'].includes(error.code) ||
        error.cause === 'missing-child' ||
        error.cause === 'bad-blob');
}
async function expand(index, path, expansion) {
    expansion.left -= index.manifests.length;
    if (expansion.left < 0) {
        throw new src_error/* ActionError */.lZ('invalid-manifest', `The index has more than ${image_maxEntries} entries, nested ones included.`);
    }
    const parts = index.manifests
        .filter((entry) => !isAttestationEntry(entry))
        .map(async (entry) => {
        if (!isNestedIndex(entry))
            return isCandidate(entry) ? [entry] : [];
        return expandNested(entry, path, expansion);
    });
    return (await Promise.all(parts)).flat();
}
async function expandNested(entry, path, expansion) {
    if (path.includes(entry.digest))
        throw new src_error/* ActionError */.lZ('invalid-manifest', `The index ${entry.digest} holds itself.`);
    if (path.length >= image_maxLevels) {
        throw new src_error/* ActionError */.lZ('invalid-manifest', `Indexes nest in more than ${image_maxLevels} levels.`);
    }
    let nested;
    try {
        nested = await expansion.store.document(entry);
    }
    catch (error) {
        // It must not make the platforms beside it unreachable.
        if (!isContentError(error))
            throw error;
        expansion.unreadable.push(error);
        return [];
    }
    return nested.document.kind === 'index' ? expand(nested.document, [...path, entry.digest], expansion) : [];
}
/** An entry with a platform is one even when its type is unsupported, so that a request for it says so. */
function isCandidate({ mediaType, platform }) {
    return platform !== undefined || isManifestType(mediaType);
}

;// CONCATENATED MODULE: ./lib/src/oci/config.js



const config_configFields = ['os', 'architecture', 'variant', 'os.version', 'os.features', 'created', 'config', 'rootfs'];
/** RFC 3339, section 5.6: date-time. */
const rfc3339 = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,32})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
/**
 * Reads an image config whose digest has been verified.
 *
 * @throws ActionError `invalid-manifest`
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
 */
function parseConfig(bytes) {
    const document = (0,oci_fields/* asObject */.eB)((0,strict_json/* parseStrictJson */.R)(bytes), 'The image config');
    (0,oci_fields/* refuseCaseVariants */.j4)(document, config_configFields, 'the image config');
    return {
        platform: readPlatform(document, 'The image config'),
        created: createdOf(document['created']),
        labels: labelsOf(document['config']),
        diffIds: diffIdsOf(document['rootfs']),
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
        return (0,oci_fields/* asTextMap */.U7)(undefined, 'config.Labels');
    const container = (0,oci_fields/* asObject */.eB)(value, 'config');
    (0,oci_fields/* refuseCaseVariants */.j4)(container, ['Labels'], 'config');
    return (0,oci_fields/* asTextMap */.U7)(container['Labels'], 'config.Labels');
}
function diffIdsOf(value) {
    if (value === undefined || value === null)
        return [];
    const rootfs = (0,oci_fields/* asObject */.eB)(value, 'rootfs');
    (0,oci_fields/* refuseCaseVariants */.j4)(rootfs, ['type', 'diff_ids'], 'rootfs');
    const ids = rootfs['diff_ids'];
    if (ids === undefined || ids === null)
        return [];
    return (0,oci_fields/* asArray */._j)(ids, 'rootfs.diff_ids').map((id, at) => (0,oci_fields/* asDigest */.J6)(id, `rootfs.diff_ids[${at}]`));
}

;// CONCATENATED MODULE: ./lib/src/image/platform-candidates.js


/** The candidate for a platform, by the rules of {@link choosePlatform}. */
function chooseCandidate(candidates, requested) {
    return choosePlatform(candidates, requested, ({ platform }) => platform);
}
/** The candidates that are this platform itself, and not a lower variant of it. */
function exactCandidates(candidates, requested) {
    return candidates.filter(({ platform }) => platform !== undefined && isSamePlatform(platform, requested));
}
/** One candidate for each platform, the first in order; the only one also without a platform. */
function distinctCandidates(candidates) {
    if (candidates.length === 1)
        return candidates;
    const byPlatform = new Map();
    for (const candidate of candidates) {
        if (candidate.platform === undefined)
            continue;
        const key = formatPlatform(normalise(candidate.platform));
        if (!byPlatform.has(key))
            byPlatform.set(key, candidate);
    }
    return [...byPlatform.values()];
}
/**
 * Writes the platforms of candidates as the index does. Features are written only for those that differ by nothing
 * else: an image and its lazy-loading twin.
 */
function platformWriter(candidates) {
    const features = new Map();
    for (const { platform } of candidates) {
        if (platform === undefined)
            continue;
        const key = withoutFeatures(normalise(platform));
        features.set(key, (features.get(key) ?? new Set()).add(featuresOf(platform)));
    }
    return (platform) => {
        if (platform === undefined)
            return '';
        const hasTwin = (features.get(withoutFeatures(normalise(platform)))?.size ?? 0) > 1;
        return hasTwin ? formatPlatform(platform) : withoutFeatures(platform);
    };
}
/** The platforms of candidates as they are written, each once. */
function writtenPlatforms(candidates) {
    const write = platformWriter(candidates);
    return [...new Set(candidates.map(({ platform }) => write(platform)).filter((text) => text !== ''))];
}
/**
 * The error for a platform that an image does not have.
 *
 * @param requested undefined for any platform
 */
function platformNotFound(requested, offered) {
    const platform = requested === undefined ? 'any platform' : describePlatform(requested);
    const offer = offered.length === 0 ? 'It has none.' : `It has ${offered.slice(0, 50).join(', ')}.`;
    return new src_error/* ActionError */.lZ('platform-not-found', `The image does not have ${platform}. ${offer}`, {
        advice: 'Set the input platform to one that it has, or build the image for this one.',
    });
}
function describePlatform(platform) {
    return formatPlatform(platform).replace(/^\/$/, 'anything without a platform');
}
function withoutFeatures(platform) {
    return formatPlatform({ ...platform, osFeatures: [] });
}
function featuresOf(platform) {
    return [...normalise(platform).osFeatures].sort().join('+');
}

;// CONCATENATED MODULE: ./lib/src/image/platform-image.js





/**
 * A platform that may become an output of its own, which is no JSON. In parentheses, where PowerShell would run it, stand
 * a version and features alone.
 */
const inertPlatform = /^[A-Za-z0-9_.+,:/-]*(?:\([0-9.]*(?:\+[A-Za-z0-9_.-]+)*\))?[A-Za-z0-9_.+,:/-]*$/;
/** The platforms of `image`, whose content is in `store`. */
function platformImages(image, store) {
    const own = { mediaType: image.document.mediaType, digest: image.digest, size: image.bytes.byteLength };
    const candidates = image.entries?.map((entry) => ({ platform: entry.platform, descriptor: entry, annotations: entry.annotations })) ??
        [{ platform: undefined, descriptor: own, annotations: {} }];
    const declared = candidates.filter(({ platform }) => platform !== undefined);
    // By manifest, as another may say something else of the same config.
    const configs = new Map();
    const configOf = ({ manifest, manifestDigest }) => {
        const read = async () => {
            const bytes = await store.blob(manifest.config);
            return { bytes, content: isImageManifest(manifest) ? parseConfig(bytes) : undefined };
        };
        const config = configs.get(manifestDigest) ?? read();
        configs.set(manifestDigest, config);
        return config;
    };
    const manifestOf = async ({ descriptor }) => asManifest(descriptor === own ? image : await store.document(descriptor));
    const configPlatform = async (candidate) => {
        const read = await manifestOf(candidate);
        return isImageManifest(read.manifest) ? (await configOf(read)).content?.platform : undefined;
    };
    /** All candidates, those that declare no platform with that of their config. */
    let told;
    const withToldPlatforms = () => {
        const tell = async (candidate) => candidate.platform ? candidate : { ...candidate, platform: await configPlatform(candidate) };
        told ??= Promise.all(candidates.map(tell)).then((all) => all.filter(({ platform }) => platform === undefined || !isUnknownPlatform(platform)));
        return told;
    };
    const offered = async () => (declared.length > 0 ? declared : withToldPlatforms());
    let writer;
    const write = async (platform) => {
        writer ??= offered().then(platformWriter);
        return (await writer)(platform);
    };
    const chooseFor = async (requested) => {
        const plain = chooseCandidate(declared, requested);
        if (plain !== undefined)
            return plain;
        refuseUnreadable(image);
        const all = await withToldPlatforms();
        const [only, ...others] = all;
        const chosen = chooseCandidate(all, requested);
        if (chosen !== undefined)
            return chosen;
        if (only !== undefined && only.platform === undefined && others.length === 0)
            return only;
        throw platformNotFound(requested, writtenPlatforms(all));
    };
    const complete = async (candidate, withConfig) => {
        const { platform } = candidate;
        const read = await manifestOf(candidate);
        const config = withConfig ? await configOf(read) : undefined;
        requireSamePlatform(platform, config?.content?.platform);
        return {
            ...read,
            platform,
            entryAnnotations: candidate.annotations,
            platformText: await write(platform),
            comparablePlatform: comparable(platform),
            config,
        };
    };
    return {
        async choose(requested, withConfig) {
            const chosen = requireInert(await complete(await chooseFor(requested), withConfig));
            return { ...chosen, comparablePlatform: requested };
        },
        async all(withConfig) {
            refuseUnreadable(image);
            const all = distinctCandidates(await withToldPlatforms());
            if (all.length === 0)
                throw platformNotFound(undefined, []);
            return Promise.all(all.map((candidate) => complete(candidate, withConfig)));
        },
        locate: async (requested) => (await chooseFor(requested)).descriptor.digest,
        async named(requested) {
            const plain = exactCandidates(declared, requested);
            if (plain.length > 0)
                return plain;
            refuseUnreadable(image);
            return exactCandidates(await withToldPlatforms(), requested);
        },
        namesOf: (digest) => declared.filter(({ descriptor }) => descriptor.digest === digest),
        configPlatform,
        written: async () => writtenPlatforms(await offered()),
    };
}
/** What a nested index offers that cannot be read is unknown: nothing may be concluded from it. */
function refuseUnreadable({ unreadable: [error] }) {
    if (error !== undefined)
        throw error;
}
function asManifest({ digest, bytes, document }) {
    if (document.kind === 'manifest')
        return { manifest: document, manifestDigest: digest, manifestBytes: bytes };
    throw new src_error/* ActionError */.lZ('invalid-manifest', `${digest} is an index where a manifest was announced.`);
}
/** The platform of one image becomes an output that is no JSON. */
function requireInert(image) {
    if (inertPlatform.test(image.platformText))
        return image;
    throw new src_error/* ActionError */.lZ('invalid-manifest', `"${image.platformText}" stands as a platform and is not one.`);
}
/** An index that names one platform over the config of another leads clients to run the wrong one. */
function requireSamePlatform(declared, configured) {
    if (declared === undefined || configured === undefined)
        return;
    const [one, other] = [normalise(declared), normalise(configured)];
    if (one.os === other.os && one.architecture === other.architecture)
        return;
    throw new src_error/* ActionError */.lZ('invalid-manifest', `The index declares ${formatPlatform(declared)}, but the config below it is for ${formatPlatform(configured)}.`, { advice: 'Build and push the image again: its index names the wrong manifest for a platform.' });
}
/** By what a platform is looked up in another image: only of Windows there are several versions. */
function comparable(platform) {
    if (platform === undefined)
        return { os: '', architecture: '', variant: '', osVersion: '', osFeatures: [] };
    return { ...normalise(platform), osFeatures: [] };
}

;// CONCATENATED MODULE: ./lib/src/image/compare.js








/** A cache whose images `open` opens. */
function imageCache(open) {
    const heads = new Map();
    const images = new Map();
    return {
        head(source, operation) {
            const head = (store) => store.head(targetOf(source)).catch((error) => absent(error, 'not-found'));
            return singleFlight(heads, formatSource(source), operation.signal, () => head(open(source, operation)));
        },
        async load(source, operation) {
            // Bound to the caller's own operation: another's may be over.
            const store = open(source, operation);
            const load = () => loadImage(store, targetOf(source));
            const image = await singleFlight(images, formatSource(source), operation.signal, load);
            return { image, platforms: platformImages(image, store) };
        },
    };
}
/**
 * Whether each platform's manifest differs from that of another image. When HEAD shows that both references point to the
 * same, nothing is fetched. A missing image or platform is a difference; any error is an error.
 *
 * @returns the entries of `resolved`, each with `changed`
 */
async function withChanges(resolved, other, images, operation) {
    const setAll = (changed) => resolved.entries.map((entry) => ({ ...entry, changed }));
    const head = await images.head(other, operation);
    if (head === undefined)
        return setAll(true);
    if (head.digest !== undefined && (0,oci_digest/* isDigestOf */._Q)(resolved.bytes, head.digest))
        return setAll(false);
    const loaded = await images.load(other, operation).catch((error) => absent(error, 'not-found'));
    return Promise.all(resolved.entries.map(async (entry) => {
        const locate = async () => loaded?.platforms.locate(entry.comparablePlatform);
        const digest = await locate().catch((error) => absent(error, 'platform-not-found'));
        return { ...entry, changed: digest === undefined || !(0,oci_digest/* isDigestOf */._Q)(entry.manifestBytes, digest) };
    }));
}
/**
 * Whether the layers of each platform do not begin with all layers of its base image.
 *
 * @param baseOf the base of a platform's image
 * @returns the entries of `resolved`, each with `needsUpdating`
 * @throws ActionError `not-found` or `platform-not-found` for a base that is missing, `unsupported` for one without layers
 */
async function withBaseUpdates(resolved, baseOf, images, operation) {
    return Promise.all(resolved.entries.map(async (entry) => {
        const base = baseOf(entry);
        const { image, platforms } = await images.load(base, operation);
        const baseImage = await platforms.choose(entry.comparablePlatform, false);
        const layers = baseImage.manifest.layers.map(({ digest }) => digest);
        if (layers.length === 0 || !isImageManifest(baseImage.manifest))
            throw notABase(base);
        const own = entry.manifest.layers.map(({ digest }) => digest);
        const differsAt = layers.findIndex((digest, at) => digest !== own[at]);
        const shared = differsAt === -1 ? layers.length : differsAt;
        operation.trace('manifest', `${formatPlatform(entry.comparablePlatform)}: ${shared} of the ${layers.length} layers of ${formatSource(base)} are shared; its current digest is ${image.digest} (manifest ${baseImage.manifestDigest})`);
        return { ...entry, needsUpdating: differsAt !== -1 };
    }));
}
function notABase(base) {
    return new src_error/* ActionError */.lZ('unsupported', `${formatSource(base)} is no image with layers, so nothing can be built on it.`, {
        advice: 'Set base-image to the image that the Dockerfile names in its last FROM.',
    });
}
function absent(error, code) {
    if (error instanceof src_error/* ActionError */.lZ && error.code === code)
        return undefined;
    throw error;
}

;// CONCATENATED MODULE: ./lib/src/image/gates/attestation.js
/**
 * `built-from`, `signed-by` and `public-key`: each proves who made the image. What they need is loaded here, as most runs
 * do without it.
 *
 * @param send sends requests to the GitHub API
 * @throws ActionError `trust-root`, `invalid-input` or `unsupported` for a file or a key that cannot be used
 */
async function attestationGates(settings, send) {
    const { openAttestations } = await Promise.all(/* import() */[__nccwpck_require__.e(323), __nccwpck_require__.e(839)]).then(__nccwpck_require__.bind(__nccwpck_require__, 1839));
    const attestations = await openAttestations(settings, send);
    const names = [
        ...(settings.builtFrom ? ['built-from'] : []),
        ...(settings.signedBy ? ['signed-by'] : []),
        ...(settings.publicKeys ? ['public-key'] : []),
    ];
    return names.map((name) => attestationGate(name, settings, attestations));
}
function attestationGate(name, settings, attestations) {
    return {
        input: name,
        referrerTypes: [
            ...(name === 'built-from' ? settings.predicateTypes : ['https://sigstore.dev/cosign/sign/v1']),
            'application/vnd.dev.sigstore.bundle.v0.3+json',
        ],
        async judge({ image, entries, store, referrers, operation }) {
            const manifests = [...new Set(entries.map(({ manifestDigest }) => manifestDigest))];
            const subjects = settings.attested === 'digest' ? [image.digest] : manifests;
            const verified = [];
            for (const subject of subjects) {
                verified.push(...(await attestations.prove(name, subject, { store, referrers, operation })));
            }
            return {
                faults: [],
                evidence: verified.map(inWords).join('; '),
                verified,
                ...(isManifestApproval(settings, { image }) ? { approved: manifests } : {}),
            };
        },
    };
}
/** Whether only one platform's manifest is proven, and not the index that holds it. */
function isManifestApproval({ attested }, { image }) {
    return attested === 'manifest-digest' && image.entries !== undefined;
}
const places = {
    'referrers-api': 'in the registry',
    'referrers-tag': 'in the registry',
    'cosign-tag': 'in the registry',
    index: 'in the index',
    'github-api': 'by the GitHub API',
};
function inWords(proof) {
    const log = proof.logIndex === undefined ? '' : `, log index ${proof.logIndex}`;
    const instance = proof.instance === 'public-good' ? 'public-good Sigstore' : 'the instance of trusted-root';
    const time = proof.time === undefined ? '' : `; signed ${proof.time}`;
    const finding = `found ${places[proof.from]}`;
    // A key without a log stands for itself: no instance of Sigstore has a say in it.
    const isByKeyAlone = proof.gate === 'public-key' && proof.logIndex === undefined;
    const where = isByKeyAlone ? `; ${finding}` : `${time}, ${instance}${log}; ${finding}`;
    if (proof.gate === 'public-key')
        return `verified: ${proof.subject} was signed by a key of public-key${where}`;
    if (proof.gate === 'signed-by') {
        return `verified: ${proof.subject} was signed by ${proof.identity} (${proof.issuer})${where}`;
    }
    const runner = proof.runner === 'github-hosted' ? 'a GitHub-hosted runner' : 'a self-hosted runner';
    const source = `${proof.sourceRepository} at ${proof.sourceRef} (commit ${proof.sourceCommit})`;
    return `verified: ${proof.subject} was built from ${source} by ${proof.workflow} on ${runner}${where}`;
}

;// CONCATENATED MODULE: ./lib/src/image/gates/blobs.js


/** Blobs that are looked at at once. */
const blobs_maxBlobsAtOnce = 8;
/** `verify-blobs`: the store has the config and every layer, with the sizes that the manifests state. */
function blobsGate() {
    return {
        input: 'verify-blobs',
        async judge(subject) {
            const blobs = subject.entries.flatMap(({ manifest }) => [manifest.config, ...manifest.layers]);
            const distinct = [...new Map(blobs.map((blob) => [`${blob.digest} ${blob.size}`, blob])).values()];
            const slots = semaphore(blobs_maxBlobsAtOnce);
            const faults = await Promise.all(distinct.map((blob) => slots.run(() => faultsOf(blob, subject))));
            return {
                faults: faults.flat(),
                evidence: `${distinct.length} blobs are there, as the manifest describes them`,
                advice: 'Push the image again, whole.',
                cause: 'bad-blob',
            };
        },
    };
}
async function faultsOf(blob, { store, trace }) {
    const { digest, size, mediaType } = blob;
    const claim = await store.size(blob);
    if (claim.kind === 'present') {
        return claim.size === size ? [] : [`${digest} has ${claim.size} bytes, but the manifest says ${size}`];
    }
    if (claim.kind === 'wrong')
        return [`${digest} is not what its name says: ${claim.why}`];
    if (claim.kind === 'missing' && isNonDistributableType(mediaType)) {
        trace('manifest', `${digest} is left out: it is not distributable, and the registry does not have it`);
        return [];
    }
    return [claim.kind === 'missing' ? `${digest} is missing` : `${digest} could not be judged: ${claim.why}`];
}

;// CONCATENATED MODULE: ./lib/src/image/gates/gate.js


/**
 * Checks every gate.
 *
 * @throws ActionError `gate-failed` saying what was expected and what is; any other error when a gate cannot be judged
 */
async function checkGates(gates, subject) {
    const sentences = [];
    const approved = new Set();
    const verified = [];
    for (const gate of gates) {
        const judgement = await gate.judge(subject);
        if (judgement.faults.length > 0)
            throw gateFailed(gate, judgement);
        sentences.push(`${gate.input} holds: ${judgement.evidence}`);
        for (const digest of judgement.approved ?? [])
            approved.add(digest);
        verified.push(...(judgement.verified ?? []));
    }
    const [only] = approved;
    return { sentences, verified, approvedDigest: approved.size > 1 ? undefined : (only ?? subject.image.digest) };
}
/** How a platform is named in a fault; empty for what has none. */
function ofPlatform({ platform }, preposition) {
    return platform === undefined ? '' : ` ${preposition} ${formatPlatform(platform)}`;
}
function gateFailed({ input }, { faults, advice, cause }) {
    const message = `${input} does not hold: ${faults.join('; ')}.`;
    return new src_error/* ActionError */.lZ('gate-failed', message, { advice, cause });
}

;// CONCATENATED MODULE: ./lib/src/image/gates/digest.js



/** Digests that are listed of those that are expected. */
const maxListedDigests = 5;
/** `expected-digest`: what the reference points to, or each platform's manifest, is one of these. */
function digestGate(expected) {
    const isExpected = (bytes) => expected.some((digest) => (0,oci_digest/* isDigestOf */._Q)(bytes, digest));
    return {
        input: 'expected-digest',
        async judge({ image, entries }) {
            if (isExpected(image.bytes))
                return { faults: [], evidence: `digest is ${image.digest}` };
            const wrong = entries.filter(({ manifestBytes }) => !isExpected(manifestBytes));
            const approved = [...new Set(entries.map(({ manifestDigest }) => manifestDigest))];
            return {
                faults: wrong.map((entry) => `expected ${listed(expected)}, but ${actualDigests(image, entry)}`),
                evidence: `manifest-digest is ${listed(approved, 'and')}`,
                approved,
                advice: wrong[0] && levelHint(expected, image, wrong[0]),
            };
        },
    };
}
function actualDigests({ entries, digest }, entry) {
    const platform = ofPlatform(entry, 'of');
    return entries === undefined
        ? `digest, a manifest${platform}, is ${digest}`
        : `digest, an index, is ${digest}, and manifest-digest${platform} is ${entry.manifestDigest}`;
}
/** The first few, as there must be room for the rest of the message. */
function listed(digests, conjunction = 'or') {
    const left = digests.length - maxListedDigests;
    const shown = digests.slice(0, maxListedDigests).join(` ${conjunction} `);
    return left > 0 ? `${shown} ${conjunction} ${left} others` : shown;
}
/** People take one level of digests for another more often than they get a wrong image. */
function levelHint(expected, { entries = [] }, { manifest }) {
    const other = entries.find(({ digest }) => expected.includes(digest));
    if (other !== undefined) {
        const platform = other.platform === undefined ? 'another entry' : formatPlatform(other.platform);
        return `The expected digest is the manifest-digest of ${platform} in the same index. Set platform to that one, or expect this one's digest.`;
    }
    if (expected.includes(manifest.config.digest)) {
        return 'The expected digest is the config-digest (the image ID). Expect digest or manifest-digest instead.';
    }
    if (manifest.layers.some(({ digest }) => expected.includes(digest))) {
        return 'The expected digest is that of a layer. Expect digest or manifest-digest instead.';
    }
    return 'Do not deploy it: the reference points to another image than the expected one. If that is right, expect the new digest.';
}

;// CONCATENATED MODULE: ./lib/src/image/gates/labels.js

/** Characters that are shown of a label. */
const maxLabelLength = 200;
/** `expected-labels`: the config of every platform has these labels. Every pair must hold, also those of one key. */
function labelsGate(expected) {
    return {
        input: 'expected-labels',
        async judge({ entries }) {
            return {
                faults: entries.flatMap((entry) => labels_faultsOf(entry, expected)),
                evidence: expected.map(([key, value]) => `${key} is "${value.slice(0, maxLabelLength)}"`).join(', '),
            };
        },
    };
}
function labels_faultsOf(entry, expected) {
    const labels = entry.config?.content?.labels ?? {};
    return expected.flatMap(([key, value]) => {
        const actual = Object.hasOwn(labels, key) ? labels[key] : undefined;
        if (actual === value)
            return [];
        const shown = actual === undefined ? 'not set' : `"${actual.slice(0, maxLabelLength)}"`;
        return [`${key}${ofPlatform(entry, 'for')} is ${shown}, expected "${value}"`];
    });
}

;// CONCATENATED MODULE: ./lib/src/image/gates/platforms.js




/** `require-platforms`: the image offers each of these exactly, and what its index names for them is there. */
function platformsGate(required) {
    return {
        input: 'require-platforms',
        async judge(subject) {
            const faults = [];
            let isAbsent = false;
            for (const platform of required) {
                const candidates = await subject.platforms.named(platform);
                if (candidates.length === 0)
                    faults.push(`${formatPlatform(platform)} is missing`);
                for (const candidate of candidates) {
                    const fault = await faultOf(candidate, platform, subject);
                    if (fault === undefined)
                        continue;
                    isAbsent ||= fault.isAbsent;
                    faults.push(`${formatPlatform(platform)} is missing: ${candidate.descriptor.digest} ${fault.words}`);
                }
            }
            if (faults.length === 0)
                return { faults, evidence: required.map(formatPlatform).join(', ') };
            const offered = (await subject.platforms.written()).slice(0, 50).join(', ') || 'none';
            return {
                faults: [...faults.slice(0, -1), `${faults.at(-1)}; the image has ${offered}`],
                evidence: '',
                cause: isAbsent ? 'missing-child' : undefined,
            };
        },
    };
}
/** A registry's clean-up leaves indexes whose children are gone, and an index may name anything. */
async function faultOf(candidate, required, subject) {
    const { descriptor } = candidate;
    if (!isManifestType(descriptor.mediaType))
        return { words: 'is of an unsupported type', isAbsent: false };
    if (descriptor.digest !== subject.image.digest) {
        const fault = await absenceOf(candidate, subject);
        if (fault !== undefined)
            return fault;
    }
    if (!isNamedTwice(candidate, subject))
        return undefined;
    const platform = await subject.platforms.configPlatform(candidate);
    if (platform === undefined || isSameMachine(platform, required))
        return undefined;
    return { words: `is the image for ${formatPlatform(platform)}`, isAbsent: false };
}
async function absenceOf({ descriptor }, { store }) {
    try {
        const head = await store.head(descriptor.digest);
        if (head.mediaType !== undefined && !isManifestType(head.mediaType)) {
            return { words: 'is of an unsupported type', isAbsent: false };
        }
        const isTold = head.mediaType !== undefined && (head.digest ?? descriptor.digest) === descriptor.digest;
        if (!isTold)
            await store.document(descriptor);
        return undefined;
    }
    catch (error) {
        if (error instanceof src_error/* ActionError */.lZ && error.code === 'not-found')
            return { words: 'is not there', isAbsent: true };
        if (!isContentError(error))
            throw error;
        return { words: `cannot be used: ${error.message}`, isAbsent: error.cause === 'missing-child' };
    }
}
/** Whether entries of different machines share one manifest: it can be right for one of them at most. */
function isNamedTwice({ descriptor, platform }, { platforms }) {
    return platforms
        .namesOf(descriptor.digest)
        .some((other) => platform && other.platform && !isSameMachine(other.platform, platform));
}
function isSameMachine(one, other) {
    const [left, right] = [normalise(one), normalise(other)];
    return left.os === right.os && left.architecture === right.architecture;
}

;// CONCATENATED MODULE: ./lib/src/image/gates/referrers.js
/** `require-referrers`: something of each of these artifact or predicate types refers to the image. */
function referrersGate(types) {
    return {
        input: 'require-referrers',
        referrerTypes: types,
        async judge(subject) {
            const { referrers, errors, overflow } = await subject.referrers();
            const [error] = errors;
            if (error !== undefined)
                throw error;
            const present = new Set(referrers.flatMap(({ artifactType, predicateTypes }) => [artifactType, ...predicateTypes]));
            const missing = types.filter((type) => !present.has(type));
            if (missing.length > 0 && overflow !== undefined)
                throw overflow;
            const offered = [...present].slice(0, 20).join(', ') || 'nothing';
            return {
                faults: missing.map((type, at) => `nothing of the type ${type} refers to the image${at === missing.length - 1 ? `; there is ${offered}` : ''}`),
                evidence: `${types.join(', ')} refer to the image (this is no proof of who made them)`,
                advice: 'Attach it to the image, or check its type. Attestations often come some seconds after the push.',
                cause: 'missing-referrer',
            };
        },
    };
}

;// CONCATENATED MODULE: ./lib/src/image/gates/gates.js






/**
 * The gates that are set, in the order in which they are judged: the cheaper first.
 *
 * @param send sends requests to the GitHub API
 * @throws ActionError for a trusted root or a key that cannot be used
 */
async function gatesFor(settings, send) {
    const { expectedDigests, expectedLabels, requiredPlatforms, requiredReferrers, verifyBlobs, attestation } = settings;
    return [
        ...(requiredPlatforms ? [platformsGate(requiredPlatforms)] : []),
        ...(expectedDigests ? [digestGate(expectedDigests)] : []),
        ...(expectedLabels ? [labelsGate(expectedLabels)] : []),
        ...(requiredReferrers ? [referrersGate(requiredReferrers)] : []),
        ...(attestation ? await attestationGates(attestation, send) : []),
        ...(verifyBlobs ? [blobsGate()] : []),
    ];
}

;// CONCATENATED MODULE: ./lib/src/image/referrers.js



/** Manifests of referrers that are read. */
const maxManifests = 100;
/** What a config has that has nothing to say; cosign writes it where the type of an artifact belongs. */
const emptyType = 'application/vnd.oci.empty.v1+json';
/**
 * What refers to an image and to the manifests of its platforms: each once for each subject. Those whose own manifest
 * has another subject, or cannot be read, are left out. At most 100 are read.
 *
 * @param likeliest types whose descriptors are read first
 */
async function imageReferrers(image, entries, likeliest, context) {
    const subjects = new Set([image.digest, ...entries.map(({ manifestDigest }) => manifestDigest)]);
    const referrers = [];
    const errors = [];
    let overflow;
    let room = maxManifests;
    for (const subject of subjects) {
        const list = await context.store.referrers(subject);
        overflow ??= list.overflow;
        errors.push(...list.errors);
        for (const candidate of ordered([...list.referrers, ...attestationEntries(image, subject)], likeliest)) {
            room -= 1;
            if (room < 0)
                return { referrers, errors, overflow: referrers_tooMany(subject) };
            try {
                const referrer = await readReferrer(subject, candidate, context);
                if (referrer !== undefined)
                    referrers.push(referrer);
            }
            catch (error) {
                if (!(error instanceof src_error/* ActionError */.lZ))
                    throw error;
                errors.push(error);
            }
        }
    }
    return { referrers, errors, overflow };
}
/** The entries of the index that BuildKit writes about another entry, or about the whole. */
function attestationEntries({ document }, subject) {
    if (document.kind === 'manifest')
        return [];
    return document.manifests
        .filter(({ annotations }) => annotations['vnd.docker.reference.type'] === 'attestation-manifest')
        .filter(({ annotations }) => annotations['vnd.docker.reference.digest'] === subject)
        .map((descriptor) => ({ descriptor, from: 'index' }));
}
/** Each digest once, by the first place where it was found, the likeliest first. */
function ordered(referrers, likeliest) {
    const byDigest = new Map();
    for (const referrer of referrers) {
        if (!byDigest.has(referrer.descriptor.digest))
            byDigest.set(referrer.descriptor.digest, referrer);
    }
    // A bundle that is annotated with another predicate type comes behind those of the right one, and those of any.
    const rank = ({ descriptor: { artifactType, annotations }, from }) => {
        const predicateType = annotations['dev.sigstore.bundle.predicateType'];
        if (from === 'cosign-tag' || likeliest.has(predicateType ?? ''))
            return 0;
        if (!likeliest.has(artifactType))
            return 2;
        return predicateType === undefined ? 0 : 1;
    };
    return [...byDigest.values()].sort((one, other) => rank(one) - rank(other));
}
/** Reads what a referrer says of itself; undefined, with a line in the log, for one that does not count. */
async function readReferrer(subject, { descriptor, from }, { store, trace }) {
    const manifest = await manifestOf({ descriptor, from }, store).catch((error) => {
        if (!isContentError(error) && !isDigestMismatch(error))
            throw error;
        trace('manifest', `The referrer ${descriptor.digest} is left out: ${error.message}`);
        return undefined;
    });
    if (manifest === undefined)
        return undefined;
    const isBySubject = from === 'referrers-api' || from === 'referrers-tag';
    if (isBySubject && manifest.subject?.digest !== subject) {
        trace('manifest', `The referrer ${descriptor.digest} is left out: its manifest has another subject, or none`);
        return undefined;
    }
    return {
        subject,
        digest: descriptor.digest,
        artifactType: artifactTypeOf(descriptor.artifactType, manifest),
        predicateTypes: predicateTypesOf(manifest),
        mediaType: manifest.mediaType,
        size: descriptor.size,
        annotations: manifest.annotations,
        from,
    };
}
async function manifestOf({ descriptor }, store) {
    if (!isManifestType(descriptor.mediaType)) {
        throw new src_error/* ActionError */.lZ('unsupported', `its media type is ${descriptor.mediaType}.`);
    }
    const { document } = await store.document(descriptor);
    if (document.kind === 'manifest')
        return document;
    throw new src_error/* ActionError */.lZ('unsupported', 'it is an index.');
}
function isDigestMismatch(error) {
    return error instanceof src_error/* ActionError */.lZ && error.code === 'digest-mismatch';
}
function artifactTypeOf(described, { artifactType, config }) {
    return [described, artifactType].find((type) => type !== '' && type !== emptyType) ?? config.mediaType;
}
function predicateTypesOf({ annotations, layers }) {
    const types = [
        annotations['dev.sigstore.bundle.predicateType'],
        ...layers.flatMap((layer) => [layer.annotations['in-toto.io/predicate-type'], layer.annotations['predicateType']]),
    ];
    return [...new Set(types.filter((type) => type !== undefined))];
}
function referrers_tooMany(subject) {
    const message = `More than ${maxManifests} artifacts refer to the image and its manifests; ${maxManifests} were read, the last of ${subject}.`;
    return new src_error/* ActionError */.lZ('too-large', message, { advice: 'Remove old signatures and attestations from the registry.' });
}

;// CONCATENATED MODULE: ./lib/src/image/wait.js

/** What time may fix. */
const waitedForCodes = new Set([
    'not-found',
    'platform-not-found',
    'gate-failed',
    'not-attested',
    'not-verified',
]);
/** What time may fix although nothing that has a digest changes: proofs come after the push, and a good one after a bad. */
const lateProofs = new Set(['not-attested', 'not-verified']);
/** The same of content: it may still be pushed. */
const lateContent = new Set(['missing-child', 'bad-blob', 'missing-referrer']);
/** The codes of gates, whose advice is still right when the wait is over. */
const waitedForGates = new Set(['gate-failed', 'not-attested', 'not-verified']);
/** How much longer each pause is than the one before. */
const pauseGrowth = 1.5;
/** Milliseconds; pauses grow up to this, unless the first was longer. */
const wait_maxPauseMs = 60_000;
/** Milliseconds; a registry is not asked more often. */
const minPauseMs = 1000;
/**
 * Runs rounds until one succeeds. What time cannot fix ends the wait at once. The last round is run when the time is over.
 *
 * @param round looks at the image once; later rounds may be cheaper, as it remembers what it saw
 * @throws ActionError `wait-timeout`, saying what still did not hold
 */
async function waitFor(round, options) {
    const { timeoutMs, intervalMs, clock, signal, onWait } = options;
    const begin = clock.now();
    for (let next = Math.max(intervalMs, minPauseMs);; next = Math.max(next, Math.min(next * pauseGrowth, wait_maxPauseMs))) {
        try {
            return await round();
        }
        catch (error) {
            if (timeoutMs === 0 || !mayTimeFix(error, options.isImmutable))
                throw error;
            const waitedMs = clock.now() - begin;
            if (signal.aborted)
                throw error.with({ cause: 'abandoned' });
            if (waitedMs >= timeoutMs)
                throw waitTimeout(error, waitedMs);
            const pauseMs = Math.min(next, timeoutMs - waitedMs);
            onWait(error, pauseMs);
            await clock.sleep(pauseMs, signal).catch(() => {
                throw error.with({ cause: 'abandoned' });
            });
        }
    }
}
/** Whether a failure may pass although the image stays the one that it is. */
function mayPassForSameImage(error) {
    return error instanceof src_error/* ActionError */.lZ && (lateContent.has(error.cause) || lateProofs.has(error.code));
}
/** Whether an image is missing, at once or at the end of a wait. */
function isMissingImage(error) {
    return error instanceof src_error/* ActionError */.lZ && (error.code === 'not-found' || error.cause === 'still-missing');
}
function mayTimeFix(error, isImmutable) {
    if (!(error instanceof src_error/* ActionError */.lZ))
        return false;
    if (error.code === 'not-found' || mayPassForSameImage(error))
        return true;
    return !isImmutable && waitedForCodes.has(error.code);
}
function waitTimeout(error, waitedMs) {
    return error.with({
        code: 'wait-timeout',
        message: `Waited ${Math.round(waitedMs / 1000)} s. ${error.message}`,
        advice: waitedForGates.has(error.code) ? error.advice : undefined,
        cause: error.code === 'not-found' ? 'still-missing' : error.cause,
    });
}

;// CONCATENATED MODULE: ./lib/src/image/resolve-image.js








/**
 * A round that resolves one image, gates included, to be run again and again. While HEAD shows that nothing has changed,
 * a later round repeats how the last one ended, at the cost of no pull.
 */
function imageRounds(request, settings, open) {
    const target = targetOf(request.source);
    let last;
    return async (operation) => {
        const store = open(request.source, operation);
        const head = last && (await store.head(target));
        const unchanged = last && head && imageIfUnchanged(last, head);
        let image;
        try {
            image = unchanged ?? (await loadImage(store, target, head?.document));
            return await resolveImage(request, image, settings, { store, operation });
        }
        catch (error) {
            last = { image, error: asBlobFault(error, settings.gates) };
            throw last.error;
        }
    };
}
/**
 * The image of the last round where HEAD shows that it is still the one, and it may hold now what did not then. Throws
 * the last error where nothing has changed.
 */
function imageIfUnchanged(last, head) {
    if (head.digest === undefined || head.digest !== last.image?.digest)
        return undefined;
    if (!mayPassForSameImage(last.error))
        throw last.error;
    // What was missing in its nested indexes may be there now.
    return last.image.unreadable.length === 0 ? last.image : undefined;
}
/** A config that the store lacks is a blob that verify-blobs is about, although it was missed before that. */
function asBlobFault(error, gates) {
    const isFault = error instanceof src_error/* ActionError */.lZ && error.cause === 'bad-blob' && error.code !== 'gate-failed';
    if (!isFault || !gates.some(({ input }) => input === 'verify-blobs'))
        return error;
    return error.with({ code: 'gate-failed', message: `verify-blobs does not hold: ${error.message}` });
}
async function resolveImage(request, image, settings, { store, operation }) {
    const { inspect } = settings;
    const { trace } = operation;
    for (const { message } of image.unreadable)
        trace('index', `A nested index is left out: ${message}`, 'urgent');
    const platforms = platformImages(image, store);
    const entries = await (settings.platforms === 'all'
        ? platforms.all(inspect)
        : Promise.all(settings.platforms.map((platform) => platforms.choose(platform, inspect))));
    const likeliest = new Set(settings.gates.flatMap(({ referrerTypes = [] }) => referrerTypes));
    const referrers = once(() => imageReferrers(image, entries, likeliest, { store, trace }));
    const subject = { image, entries, platforms, referrers, store, trace, operation };
    const { sentences, approvedDigest, verified } = await checkGates(settings.gates, subject);
    return {
        request,
        exists: true,
        digest: image.digest,
        mediaType: image.document.mediaType,
        bytes: image.bytes,
        isIndex: image.entries !== undefined,
        approvedDigest,
        platforms: await platforms.written(),
        entries,
        evidence: sentences,
        verified,
        indexAnnotations: image.document.kind === 'index' ? image.document.annotations : {},
        referrers: settings.referrers ? await wholeList(referrers) : undefined,
        servedBy: image.servedBy,
    };
}
/** A list that may lack some is no list. */
async function wholeList(referrers) {
    const list = await referrers();
    for (const error of [...list.errors, list.overflow])
        if (error !== undefined)
            throw error;
    return list.referrers;
}

;// CONCATENATED MODULE: ./lib/src/resolve-images.js













/** Images that are resolved at a time: enough to fill the connections to a host, few enough to bound the memory. */
const maxImagesAtOnce = 16;
/** Milliseconds that resolving may take after all waiting: the images, and those that they are compared with. */
function maxResolveMs({ images, timeoutMs }) {
    return 2 * Math.ceil(images.length / maxImagesAtOnce) * timeoutMs;
}
/**
 * Resolves every image, whatever happens to the others. Lines that name the same image share one resolution.
 * Both lists are in the order of the lines, but for failures of images that were still waited for, which come last.
 */
async function resolveImages(inputs, stores, log) {
    const shared = {
        inputs,
        gates: await gatesFor(inputs.gates, stores.sendApi),
        stores,
        warn: log.warning,
        comparisons: imageCache(stores.open),
        slots: semaphore(maxImagesAtOnce),
        hopeless: new AbortController(),
    };
    const requests = distinctRequests(inputs.images);
    let done = 0;
    const settle = async (request) => {
        const progress = progressOf(formatSource(request.source), requests.size > 1, log);
        const result = await resolveOne(request, shared, progress.trace).catch((error) => ({ error, about: describeRequest(request, inputs) }));
        done += 1;
        const count = requests.size > 1 ? `[${done}/${requests.size}] ` : '';
        if ('error' in result) {
            shared.hopeless.abort();
            progress.print(`${count}${result.about}: failed`, describeFailure({ ...result, about: '' }, log).parts);
        }
        else {
            progress.print(`${count}${headlineOf(result)}`, []);
            for (const sentence of result.exists ? result.evidence : [])
                log.line(sentence);
        }
        return result;
    };
    const resultByKey = new Map(await Promise.all([...requests].map(async ([key, request]) => [key, await settle(request)])));
    const results = [...resultByKey.values()];
    return {
        images: inputs.images.flatMap((request) => {
            const result = resultByKey.get(formatSource(request.source));
            return result === undefined || 'error' in result ? [] : [{ ...result, request }];
        }),
        failures: causesFirst(results.filter((result) => 'error' in result)),
    };
}
function distinctRequests(requests) {
    const distinct = new Map();
    for (const request of requests) {
        const key = formatSource(request.source);
        if (!distinct.has(key))
            distinct.set(key, request);
    }
    return distinct;
}
/** What made the others give up waiting comes before what they were waiting for. */
function causesFirst(failures) {
    const isAbandoned = ({ error }) => error instanceof src_error/* ActionError */.lZ && error.cause === 'abandoned';
    return [...failures.filter((failure) => !isAbandoned(failure)), ...failures.filter(isAbandoned)];
}
async function resolveOne(request, shared, trace) {
    const { inputs, gates, slots } = shared;
    const inSlot = (body) => slots.run(() => withDeadline(inputs.timeoutMs, trace, body));
    // A base image may be named by a label alone.
    const inspect = inputs.inspect || inputs.baseImage === 'auto';
    const settings = { platforms: inputs.platforms, inspect, gates, referrers: inputs.referrers };
    const round = imageRounds(request, settings, shared.stores.open);
    const image = await waitFor(() => inSlot(round), {
        // A local layout is there, or it is not.
        timeoutMs: request.source.kind === 'layout' ? 0 : inputs.waitTimeoutMs,
        intervalMs: inputs.waitIntervalMs,
        isImmutable: requestedDigest(request.source) !== undefined,
        clock: systemClock,
        signal: shared.hopeless.signal,
        onWait(error, pauseMs) {
            const why = error.code === 'not-found' ? 'not published yet.' : error.message;
            trace('index', `Still waiting: ${why} Trying again in ${Math.ceil(pauseMs / 1000)} s.`, 'urgent');
        },
    }).catch((error) => {
        if (inputs.failOnMissing || !isMissingImage(error))
            throw error;
        if (gates.length === 0)
            return { request, exists: false };
        throw error.with({
            advice: 'fail-on-missing: false lets a missing image pass only where no gate is set, as no gate can hold for it.',
        });
    });
    if (!image.exists || (inputs.compareWith === undefined && inputs.baseImage === undefined))
        return image;
    return inSlot((operation) => withComparisons(image, shared, operation));
}
async function withComparisons(resolved, shared, operation) {
    const { compareWith, baseImage } = shared.inputs;
    const [changes, updates] = await Promise.all([
        compareWith &&
            withChanges(resolved, compareWith, shared.comparisons, operation).catch(resolve_images_aboutInput('compare-with', compareWith)),
        baseImage && withBases(resolved, baseImage, shared, operation).catch(resolve_images_aboutInput('base-image', baseImage)),
    ]);
    const entries = resolved.entries.map((entry, at) => ({ ...entry, ...changes?.[at], ...updates?.[at] }));
    return { ...resolved, entries };
}
function withBases(resolved, baseImage, { comparisons, stores, warn }, operation) {
    if (baseImage !== 'auto')
        return withBaseUpdates(resolved, () => baseImage, comparisons, operation);
    const baseOf = (entry) => {
        const { source, isFromLabel } = namedBase(resolved, entry);
        if (isFromLabel)
            warn(`The base image ${formatSource(source)} is named by a label, which may be that of its own base.`);
        return source;
    };
    // What a publisher names is trusted less than what a user writes.
    const named = imageCache((source, within) => stores.openNamed(source, resolved.request.source, within));
    return withBaseUpdates(resolved, baseOf, named, operation);
}
/** Adds to an error which of the references it is about. A base that is missing says nothing about the image. */
function resolve_images_aboutInput(input, source) {
    return (error) => {
        if (!(error instanceof src_error/* ActionError */.lZ))
            throw error;
        const message = `${input} ${source === 'auto' ? source : formatSource(source)}: ${error.message}`;
        throw error.with(error.code === 'not-found' ? { message, advice: `Check the input ${input}.` } : { message });
    };
}
function describeRequest({ text }, { platforms }) {
    return `${text} (${platforms === 'all' ? 'all platforms' : platforms.map(formatPlatform).join(', ')})`;
}

;// CONCATENATED MODULE: ./lib/src/run.js

















/** Milliseconds that a run may take besides waiting and resolving: helpers, files, and the end of both. */
const run_slackMs = 30_000;
/**
 * Runs the step: inputs, stores, images, gates, outputs. Prints every failure, and sets the exit code.
 *
 * @returns whether every requested output came from verified bytes and has been written
 */
async function run_run(context = unguarded()) {
    const { env, log } = context;
    const files = runnerFiles(env);
    const failed = (failures) => !context.isOver() && fail(log, files.output, failures);
    try {
        keepSecrets(env, log);
        const inputs = readInputs(env, thisMachine());
        requireCertificates(env, log);
        context.limit(inputs.waitTimeoutMs + maxResolveMs(inputs) + run_slackMs);
        const target = inputs.exportTo === '' ? undefined : await checkExport(inputs, env);
        const stores = openStores(inputs, context);
        try {
            const { images, failures } = await resolveImages(inputs, stores, log);
            if (context.isOver())
                return false;
            if (failures.length > 0)
                return failed(failures);
            return await finish(images, { inputs, target, files, open: stores.open }, context);
        }
        finally {
            await stores.close();
        }
    }
    catch (error) {
        return failed([{ error, about: '' }]);
    }
}
/** The environment and the log of this process. */
function stepContext() {
    return { env: process.env, log: openLog() };
}
/** For those who call `run()` as it is: nothing watches over it. */
function unguarded() {
    process.exitCode = 1;
    return { ...stepContext(), limit: () => undefined, undoOnEnd: () => undefined, isOver: () => false };
}
function openStores(inputs, { env, log }) {
    const { compareWith, baseImage, authHosts, plainHttp, mirrors } = inputs;
    const repositories = repositoriesOf(inputs);
    const { registry } = inputs.credentials.input ?? {};
    const isUsed = baseImage === 'auto' || repositories.some((repository) => repository.registry === registry);
    if (registry !== undefined && !isUsed) {
        log.warning(`username and password are for ${registry || 'a registry'}, which no image is on: they are not used.`);
    }
    const listener = {
        keepSecret: log.keepSecret,
        warn: (message, remoteMessage) => log.warning(remoteMessage === undefined ? message : `${message} It said: ${log.quote(remoteMessage)}`),
    };
    const shared = { budget: (0,budget/* documentBudget */.T)(), cache: contentCache() };
    const sockets = openSockets(`image-digests/${version}`);
    const isWaiting = inputs.waitTimeoutMs > 0 || compareWith !== undefined || baseImage !== undefined;
    const registries = openRegistries({
        ...shared,
        send: sockets.send,
        credentials: openCredentials(inputs.credentials, repositories, listener),
        authHosts,
        plainHttp,
        mirrors,
        tagsFromRegistry: isWaiting,
        keepToken: log.keepToken,
    });
    const layouts = openLayouts({ ...shared, workspace: env['GITHUB_WORKSPACE'] ?? '', warn: log.warning });
    return {
        open: (source, operation) => source.kind === 'layout' ? layouts.open(source, operation) : registries.open(source.reference, operation),
        openNamed(source, from, operation) {
            const reference = from.kind === 'layout' ? undefined : from.reference;
            return source.kind === 'layout'
                ? layouts.open(source, operation)
                : registries.openNamed(source.reference, reference, operation);
        },
        sendApi: registries.send,
        async close() {
            sockets.close();
            await layouts.close();
        },
    };
}
/** Every repository that may be contacted, as far as the inputs tell. */
function repositoriesOf({ images, compareWith, baseImage, mirrors }) {
    const sources = [...images.map(({ source }) => source), compareWith, baseImage === 'auto' ? undefined : baseImage];
    const own = sources.flatMap((source) => (source?.kind === 'registry' ? [source.reference] : []));
    const mirrored = own.flatMap(({ registry, path }) => (mirrors.get(registry) ?? []).map(({ host, prefix }) => mirroredRepository(path, host, prefix)));
    return [...own, ...mirrored];
}
function checkExport({ exportTo }, env) {
    const workspace = env['GITHUB_WORKSPACE'] ?? '';
    return checkLayoutTarget({ path: exportTo, workspace, temp: env['RUNNER_TEMP'] ?? '' });
}
/** Exports the images, and publishes what was found. Without both there is neither a layout nor an output. */
async function finish(images, ending, context) {
    const existing = images.filter((image) => image.exists);
    const writer = ending.target === undefined || existing.length === 0 ? undefined : await openLayoutWriter(ending.target);
    const undo = () => writer?.discard();
    context.undoOnEnd(undo);
    try {
        const named = writer === undefined ? existing : await exported(existing, writer, ending, context);
        if (context.isOver())
            return false;
        const byRequest = new Map(named.map((image) => [image.request, image]));
        const all = images.map((image) => byRequest.get(image.request) ?? image);
        publish(ending.inputs, { images: all, layoutPath: writer?.path ?? '' }, ending.files, context.log);
        process.exitCode = 0;
        return true;
    }
    catch (error) {
        undo();
        throw error;
    }
}
function exported(images, writer, { inputs, open }, context) {
    return exportImages(images, {
        platforms: inputs.platforms,
        open,
        target: writer,
        listener: exportListener(writer.path, context),
        operation: exportOperation(context.log),
    });
}

;// CONCATENATED MODULE: ./lib/src/process-guard.js




/** Milliseconds for the last lines of the log to be read. */
const maxFlushMs = 5_000;
/** Milliseconds that a timer can count: four times as long as a job may take. */
const maxTimerMs = 2 ** 31 - 1;
/** Runs the step to the end of the process. Whatever ends it early, a signal, a defect or the deadline, fails it. */
async function runGuarded() {
    // Node's warnings about a library would reach the log past its one writer.
    process.removeAllListeners('warning');
    const context = stepContext();
    const { env, log } = context;
    let isOver = false;
    let watchdog;
    const undos = [];
    /** Ends the process, failed, with an annotation unless the run has written one. */
    const abandon = (error) => {
        if (!isOver)
            for (const undo of undos)
                undo();
        if (!isOver)
            fail(log, runnerFiles(env).output, [{ error, about: '' }]);
        isOver = true;
        void endProcess(1);
    };
    process.on('uncaughtException', abandon);
    process.on('unhandledRejection', abandon);
    process.on('beforeExit', () => {
        abandon(new src_error/* ActionError */.lZ('internal', 'The run came to an end without a result.'));
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        process.on(signal, () => {
            abandon(new src_error/* ActionError */.lZ('timeout', `The step was ended by ${signal} before it was done; no output is set.`));
        });
    }
    const succeeded = await run_run({
        ...context,
        limit(milliseconds) {
            clearTimeout(watchdog);
            const late = () => abandon(new src_error/* ActionError */.lZ('timeout', `The run took longer than ${milliseconds / 1000} seconds.`));
            watchdog = setTimeout(late, Math.min(milliseconds, maxTimerMs)).unref();
        },
        undoOnEnd: (undo) => undos.push(undo),
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
    setTimeout(end, maxFlushMs);
    return new Promise(() => process.stdout.write('', end));
}

;// CONCATENATED MODULE: ./lib/src/index.js

// The exit code is 1 until the outputs are written, so that a path that nobody thought of fails the step.
process.exitCode = 1;
void runGuarded();

})();

module.exports = __webpack_exports__;
/******/ })()
;