"use strict";
exports.id = 839;
exports.ids = [839];
exports.modules = {

/***/ 1839:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  openAttestations: () => (/* binding */ openAttestations)
});

// UNUSED EXPORTS: judge

// EXTERNAL MODULE: ./lib/src/content/budget.js
var content_budget = __webpack_require__(5819);
// EXTERNAL MODULE: ./lib/src/error.js
var src_error = __webpack_require__(9488);
// EXTERNAL MODULE: ./node_modules/@sigstore/verify/dist/index.js
var dist = __webpack_require__(4187);
// EXTERNAL MODULE: ./node_modules/@sigstore/core/dist/index.js
var core_dist = __webpack_require__(3917);
;// CONCATENATED MODULE: ./lib/src/attestation/certificate.js

/** The prefix of the extensions that Fulcio writes. */
const fulcio = '1.3.6.1.4.1.57264.1';
const subjectAlternativeName = '2.5.29.17';
/** Reads the claims of a certificate that has been verified. */
function claimsOf(extensions) {
    const only = (oid) => {
        const [extension, ...others] = extensions.filter((one) => one.oid === oid);
        return others.length === 0 ? extension?.value : undefined;
    };
    const text = (number) => derText(only(`${fulcio}.${number}`));
    const hasIssuer = extensions.some(({ oid }) => oid === `${fulcio}.8`);
    // The first form of the issuer is the bare text, and not DER.
    const bareIssuer = hasIssuer ? undefined : bareText(only(`${fulcio}.1`));
    return {
        issuer: text(8),
        ...(bareIssuer === undefined ? {} : { bareIssuer }),
        identity: identityOf(only(subjectAlternativeName)),
        buildSignerUri: text(9),
        buildSignerDigest: text(10),
        runnerEnvironment: text(11),
        sourceRepositoryUri: text(12),
        sourceRepositoryDigest: text(13),
        sourceRepositoryRef: text(14),
        runInvocationUri: text(21),
    };
}
/** The text of a DER UTF8String that fills the value. */
function derText(value) {
    const object = value && parseDer(value);
    if (object === undefined || !object.tag.isUniversal() || object.tag.number !== 0x0c)
        return undefined;
    return object.toDER().equals(Buffer.from(value ?? [])) ? bareText(object.value) : undefined;
}
function bareText(value) {
    if (value === undefined || value.length === 0)
        return undefined;
    try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
    }
    catch {
        return undefined;
    }
}
/** The one name of a list of general names, where it is a URI or an e-mail address. */
function identityOf(value) {
    const [name, ...others] = (value && parseDer(value)?.subs) ?? [];
    if (name === undefined || others.length > 0)
        return undefined;
    const text = bareText(name.value);
    if (text === undefined)
        return undefined;
    if (name.tag.isContextSpecific(6))
        return { kind: 'uri', text };
    return name.tag.isContextSpecific(1) ? { kind: 'email', text } : undefined;
}
function parseDer(value) {
    try {
        return core_dist.ASN1Obj.parseBuffer(Buffer.from(value));
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./lib/src/attestation/cryptography.js



/**
 * Verifies a signature by a certificate: its chain, its entry in the certificate log, the entry in the transparency log
 * and the time, all by one instance complete in itself.
 *
 * @throws ActionError `not-verified`, saying what fails in words
 */
function verifyByCertificate(evidence, instances) {
    const { bundle } = evidence;
    if (bundle.verificationMaterial.content.$case === 'publicKey')
        throw invalid('it is signed by a key, not by a certificate');
    return firstInstance(instances, ({ name, root }) => {
        const verifier = new dist/* Verifier */.BL((0,dist/* toTrustMaterial */.jO)(root), {
            ctlogThreshold: root.ctlogs.length > 0 ? 1 : 0,
            tlogThreshold: root.tlogs.length > 0 ? 1 : 0,
            timestampThreshold: 1,
        });
        const entity = (0,dist/* toSignedEntity */.DC)(bundle, evidence.artifact);
        return { claims: claimsBy(verifier.verify(entity)), instance: name, ...timeOf(entity) };
    });
}
/**
 * Verifies a signature by one of some keys. Hints of the bundle are ignored.
 *
 * @throws ActionError `not-verified`
 */
function verifyByKey(evidence, keys, instances, isLogRequired) {
    const { bundle } = evidence;
    if (bundle.verificationMaterial.content.$case !== 'publicKey')
        throw invalid('it is signed by a certificate, not by a key');
    const attempts = keys.flatMap((key) => instances.map((instance) => ({ ...instance, key })));
    return firstInstance(attempts, ({ name, root, key }) => {
        const material = (0,dist/* toTrustMaterial */.jO)(root, () => ({ publicKey: key, validFor: () => true }));
        const options = { ctlogThreshold: 0, tlogThreshold: isLogRequired ? 1 : 0, timestampThreshold: 0 };
        const entity = (0,dist/* toSignedEntity */.DC)(bundle, evidence.artifact);
        new dist/* Verifier */.BL(material, options).verify(entity);
        return { claims: undefined, instance: name, ...timeOf(entity) };
    });
}
/** The result of the first that does not throw; what the last one threw where all do. */
function firstInstance(items, verify) {
    let last;
    for (const item of items) {
        try {
            return verify(item);
        }
        catch (error) {
            last = error;
        }
    }
    throw invalid(inWords((0,src_error/* messageOf */.bD)(last)));
}
/** What the library says, where a reader needs more than its words. */
function inWords(message) {
    if (!/certificate chain/i.test(message))
        return message;
    return `no trusted root knows the authority that issued its certificate (for private repositories set trusted-root to the file that "gh attestation trusted-root" writes)`;
}
function claimsBy({ identity }) {
    const extensions = (identity?.oids ?? []).map(({ oid, value }) => ({ oid: oid?.id.join('.') ?? '', value }));
    return claimsOf(extensions);
}
/** The time by the log or the stamp that the library has verified, never by the clock of the runner. */
function timeOf({ timestamps, tlogEntries }) {
    const times = timestamps.flatMap((timestamp) => {
        if (timestamp.$case === 'timestamp-authority')
            return [timestamp.timestamp.signingTime];
        const { inclusionPromise, integratedTime } = timestamp.tlogEntry;
        return inclusionPromise === undefined ? [] : [new Date(Number(integratedTime) * 1000)];
    });
    // Only a promise covers the place in the log; beside a proof alone it is whatever the bundle says.
    const [entry] = tlogEntries.filter(({ inclusionPromise }) => inclusionPromise !== undefined);
    return { time: times[0], logIndex: entry?.logIndex };
}
function invalid(why) {
    return new src_error/* ActionError */.lZ('not-verified', why);
}

// EXTERNAL MODULE: ./lib/src/oci/digest.js
var digest = __webpack_require__(6618);
// EXTERNAL MODULE: ./lib/src/oci/json-record.js
var json_record = __webpack_require__(2584);
// EXTERNAL MODULE: ./lib/src/oci/strict-json.js
var strict_json = __webpack_require__(9086);
// EXTERNAL MODULE: ./lib/src/registry/http/response-error.js
var response_error = __webpack_require__(3529);
// EXTERNAL MODULE: ./lib/src/registry/trust/address.js
var address = __webpack_require__(8741);
// EXTERNAL MODULE: ./lib/src/registry/trust/trust.js
var trust = __webpack_require__(7335);
// EXTERNAL MODULE: ./node_modules/@sigstore/bundle/dist/index.js
var bundle_dist = __webpack_require__(1040);
// EXTERNAL MODULE: ./lib/src/oci/fields.js
var fields = __webpack_require__(8879);
;// CONCATENATED MODULE: ./lib/src/attestation/bundle.js





/** Both spellings of the media type of version 0.3. */
const bundleTypes = [
    'application/vnd.dev.sigstore.bundle.v0.3+json',
    'application/vnd.dev.sigstore.bundle+json;version=0.3',
];
const statementTypes = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1'];
const statementKeys = ['_type', 'subject', 'predicateType', 'predicate'];
const inTotoType = 'application/vnd.in-toto+json';
const simpleSigningType = 'cosign container image signature';
/** Subjects of one statement that are looked at. */
const maxSubjects = 1024;
/**
 * Reads a bundle of version 0.3.
 *
 * @throws ActionError `not-verified` for anything else
 * @see https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto
 */
function parseBundle(bytes) {
    const { mediaType } = strictObject(bytes, 'the bundle');
    if (!isOneOf(bundleTypes, mediaType))
        throw bundle_invalid('it is not a bundle of version 0.3');
    return parseAnyBundle(bytes, undefined);
}
/**
 * Reads a bundle of any version.
 *
 * @param artifact the file that it may be a signature of
 * @throws ActionError `not-verified`
 */
function parseAnyBundle(bytes, artifact) {
    return evidenceOf(libraryBundle(plainJson(bytes, 'the bundle')), artifact);
}
/**
 * Turns what cosign's older form keeps in annotations into a bundle: a simple signature, or a DSSE envelope.
 *
 * @param payload the layer
 * @throws ActionError `not-verified`
 */
function cosignBundle(payload, isEnvelope, annotations) {
    const { certificate, bundle, timestamp } = annotations;
    const content = isEnvelope
        ? { dsseEnvelope: plainJson(payload, 'the envelope') }
        : {
            messageSignature: {
                messageDigest: { algorithm: 'SHA2_256', digest: sha256Base64(payload) },
                signature: annotations.signature,
            },
        };
    const stamp = timestamp === undefined ? undefined : textField(plainText(timestamp), 'SignedRFC3161Timestamp');
    const material = {
        ...(certificate === undefined
            ? { publicKey: { hint: '' } }
            : { x509CertificateChain: { certificates: [{ rawBytes: derOf(certificate) }] } }),
        tlogEntries: bundle === undefined ? [] : [logEntry(plainText(bundle))],
        ...(stamp === undefined ? {} : { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: stamp }] } }),
    };
    const mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
    return evidenceOf(libraryBundle({ mediaType, verificationMaterial: material, ...content }), isEnvelope ? undefined : Buffer.from(payload));
}
function evidenceOf(bundle, artifact) {
    return {
        bundle,
        artifact,
        contentFor(subject) {
            if (bundle.content.$case === 'dsseEnvelope')
                return statementFor(bundle.content.dsseEnvelope, subject);
            if (artifact === undefined)
                throw bundle_invalid('it signs a file, and no statement');
            return simpleSignatureFor(artifact, subject);
        },
    };
}
/** Reads the statement in an envelope, which must have the subject among its subjects. */
function statementFor({ payloadType, payload, signatures }, subject) {
    if (signatures.length !== 1)
        throw bundle_invalid('its envelope has not just one signature');
    if (payloadType !== inTotoType)
        throw bundle_invalid(`its payload is "${payloadType}", not ${inTotoType}`);
    const statement = strictObject(payload, 'the statement', statementKeys);
    if (!isOneOf(statementTypes, statement['_type']))
        throw bundle_invalid('its payload is not an in-toto statement');
    const { predicateType, subject: subjects } = statement;
    if (typeof predicateType !== 'string')
        throw bundle_invalid('its statement has no predicate type');
    if (!Array.isArray(subjects) || subjects.length > maxSubjects)
        throw bundle_invalid('its statement has no list of subjects, or one that is too long');
    if (!subjects.some((one) => isSubject(one, subject)))
        throw bundle_invalid('its statement is about something else');
    return { predicateType };
}
/** Exactly our algorithm, and the digits as they are written: lower case. */
function isSubject(value, subject) {
    const digests = isObject(value) ? value['digest'] : undefined;
    return isObject(digests) && digests[(0,digest/* algorithmOf */.Hy)(subject)] === (0,digest/* hexOf */.ZD)(subject);
}
/** @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#simple-signing */
function simpleSignatureFor(payload, subject) {
    const critical = strictObject(payload, 'the payload')['critical'];
    const image = isObject(critical) ? critical['image'] : undefined;
    if (!isObject(critical) || critical['type'] !== simpleSigningType || !isObject(image)) {
        throw bundle_invalid('its payload is not a cosign signature');
    }
    if (image['docker-manifest-digest'] !== subject)
        throw bundle_invalid('it is a signature of something else');
    return { predicateType: undefined };
}
/** The entry of the log that cosign keeps in an annotation. */
function logEntry(bundle) {
    const payload = bundle['Payload'];
    if (!isObject(payload))
        throw bundle_invalid('its log entry cannot be read');
    const body = textField(payload, 'body');
    const { kind, apiVersion } = strictObject(Buffer.from(body, 'base64'), 'the log entry');
    return {
        logIndex: String(payload['logIndex']),
        logId: { keyId: Buffer.from(textField(payload, 'logID'), 'hex').toString('base64') },
        kindVersion: { kind, version: apiVersion },
        integratedTime: String(payload['integratedTime']),
        inclusionPromise: { signedEntryTimestamp: textField(bundle, 'SignedEntryTimestamp') },
        canonicalizedBody: body,
    };
}
function libraryBundle(document) {
    try {
        return (0,bundle_dist/* bundleFromJSON */.vw)(document);
    }
    catch (error) {
        throw bundle_invalid(`the bundle is malformed: ${(0,src_error/* messageOf */.bD)(error)}`);
    }
}
function derOf(pem) {
    const [, base64] = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/.exec(pem) ?? [];
    if (base64 === undefined)
        throw bundle_invalid('its certificate cannot be read');
    return base64.replace(/\s/g, '');
}
function sha256Base64(bytes) {
    return Buffer.from((0,digest/* hexOf */.ZD)((0,digest/* digestOf */.ol)(bytes)), 'hex').toString('base64');
}
/** @param names keys that no other may equal but for its case */
function strictObject(bytes, what, names = []) {
    try {
        const value = (0,strict_json/* parseStrictJson */.R)(bytes);
        if (isObject(value)) {
            (0,fields/* refuseCaseVariants */.j4)(value, names, what);
            return value;
        }
    }
    catch (error) {
        throw bundle_invalid(`${what} is malformed: ${(0,src_error/* messageOf */.bD)(error)}`);
    }
    throw bundle_invalid(`${what} is not an object`);
}
/** The same document for the library, which wants objects of the ordinary kind. */
function plainJson(bytes, what) {
    strictObject(bytes, what);
    return JSON.parse(Buffer.from(bytes).toString());
}
function plainText(text) {
    return strictObject(Buffer.from(text), 'an annotation');
}
function textField(object, name) {
    const value = object[name];
    if (typeof value !== 'string')
        throw bundle_invalid(`${name} is missing`);
    return value;
}
function isOneOf(texts, value) {
    return typeof value === 'string' && texts.includes(value);
}
function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function bundle_invalid(why) {
    return new src_error/* ActionError */.lZ('not-verified', why);
}

;// CONCATENATED MODULE: ./lib/src/attestation/snappy.js

/**
 * Decompresses one block of Snappy.
 *
 * @param maxBytes more than this is refused before anything is allocated
 * @throws ActionError `not-verified` for a malformed block, `too-large`
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
function decompressSnappy(input, maxBytes) {
    const { value: length, next } = readLength(input);
    if (length > maxBytes)
        throw new src_error/* ActionError */.lZ('too-large', `A bundle has ${length} bytes; at most ${maxBytes} are read.`);
    const output = new Uint8Array(length);
    let at = next;
    let written = 0;
    while (at < input.length) {
        const tag = input[at++] ?? 0;
        const kind = tag & 3;
        if (kind === 0) {
            const extra = Math.max(0, (tag >> 2) - 59);
            const count = 1 + (extra === 0 ? tag >> 2 : littleEndian(input, at, extra));
            at += extra;
            if (at + count > input.length || written + count > length)
                throw malformed();
            output.set(input.subarray(at, at + count), written);
            at += count;
            written += count;
        }
        else {
            const count = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
            const extra = kind === 3 ? 4 : kind;
            const offset = kind === 1 ? ((tag >> 5) << 8) | littleEndian(input, at, 1) : littleEndian(input, at, extra);
            at += extra;
            if (offset === 0 || offset > written || written + count > length)
                throw malformed();
            // Byte by byte, as a copy may overlap what it writes.
            for (let end = written + count; written < end; written += 1)
                output[written] = output[written - offset] ?? 0;
        }
    }
    if (written !== length)
        throw malformed();
    return output;
}
/** A varint of at most 32 bits. */
function readLength(input) {
    let value = 0;
    for (let at = 0; at < 5; at += 1) {
        const byte = input[at];
        if (byte === undefined)
            throw malformed();
        value += (byte & 0x7f) * 2 ** (7 * at);
        if (byte < 0x80)
            return { value, next: at + 1 };
    }
    throw malformed();
}
function littleEndian(input, at, count) {
    if (at + count > input.length)
        throw malformed();
    let value = 0;
    for (let index = count - 1; index >= 0; index -= 1)
        value = value * 256 + (input[at + index] ?? 0);
    return value;
}
function malformed() {
    return new src_error/* ActionError */.lZ('not-verified', 'A bundle is compressed in a way that cannot be read.');
}

;// CONCATENATED MODULE: ./lib/src/attestation/sources.js


/** Bytes of one bundle. */
const maxBundleBytes = 4 * 1024 * 1024;
/** Bundles of one subject that are judged. */
const maxBundles = 100;
/**
 * The bundles among what refers to a subject in its registry: bundles of their own, and what cosign keeps in annotations
 * under its tags. What BuildKit adds to an index is unsigned, and no evidence.
 */
async function registrySource(subject, { referrers, errors, overflow }, store, budget) {
    const candidates = [];
    const problems = [...errors, ...(overflow === undefined ? [] : [overflow])];
    for (const referrer of referrers) {
        if (referrer.subject !== subject || referrer.from === 'index')
            continue;
        const { from } = referrer;
        try {
            const { document } = await store.document(referrer);
            if (document.kind !== 'manifest')
                continue;
            for (const layer of document.layers) {
                const read = readerOf(layer);
                if (read === undefined)
                    continue;
                const predicateType = document.annotations['dev.sigstore.bundle.predicateType'] ?? layer.annotations['predicateType'];
                candidates.push({ from, predicateType, load: async () => read(await collect(layer, store, budget)) });
            }
        }
        catch (error) {
            if (!(error instanceof src_error/* ActionError */.lZ))
                throw error;
            problems.push(error);
        }
    }
    return { candidates, errors: problems };
}
/** The candidates of all sources, those first that are annotated with the wanted predicate type, at most 100. */
function likeliestFirst(candidates, predicateType) {
    const isLikely = (candidate) => predicateType !== undefined && candidate.predicateType === predicateType;
    const sorted = [...candidates.filter(isLikely), ...candidates.filter((candidate) => !isLikely(candidate))];
    const overflow = new src_error/* ActionError */.lZ('too-large', `There are ${sorted.length} bundles; ${maxBundles} were judged.`);
    return { candidates: sorted.slice(0, maxBundles), errors: sorted.length > maxBundles ? [overflow] : [] };
}
/** How the evidence in a layer is read; undefined for a layer that holds none. */
function readerOf({ mediaType, annotations }) {
    if (mediaType.startsWith('application/vnd.dev.sigstore.bundle'))
        return parseBundle;
    const isEnvelope = mediaType === 'application/vnd.dsse.envelope.v1+json';
    if (!isEnvelope && mediaType !== 'application/vnd.dev.cosign.simplesigning.v1+json')
        return undefined;
    return (bytes) => cosignBundle(bytes, isEnvelope, cosignAnnotations(annotations));
}
function cosignAnnotations(annotations) {
    return {
        signature: annotations['dev.cosignproject.cosign/signature'] ?? '',
        certificate: annotations['dev.sigstore.cosign/certificate'] || undefined,
        bundle: annotations['dev.sigstore.cosign/bundle'] || undefined,
        timestamp: annotations['dev.sigstore.cosign/rfc3161timestamp'] || undefined,
    };
}
/** The bytes of a bundle, which are used once and not kept. */
async function collect(descriptor, store, budget) {
    const { size, digest } = descriptor;
    if (size > maxBundleBytes)
        throw new src_error/* ActionError */.lZ('too-large', `The bundle ${digest} has ${size} bytes; at most ${maxBundleBytes} are read.`);
    budget.take(digest, size);
    const parts = [];
    for await (const part of store.stream(descriptor))
        parts.push(part);
    return Buffer.concat(parts);
}

;// CONCATENATED MODULE: ./lib/src/attestation/github-api.js










/** Bytes of a list of attestations, which holds up to 100 bundles. */
const maxListBytes = 16 * 1024 * 1024;
/**
 * The attestations that a repository has for a subject, by the GitHub API. A 404 says that there are none.
 *
 * @see https://docs.github.com/en/rest/repos/attestations#list-attestations
 */
async function apiSource(repository, subject, predicateType, context) {
    try {
        return await attestations(repository, subject, predicateType, context);
    }
    catch (error) {
        if (!(error instanceof src_error/* ActionError */.lZ))
            throw error;
        return { candidates: [], errors: [error] };
    }
}
async function attestations(repository, subject, predicateType, context) {
    const { send, api, operation, budget } = context;
    const url = apiUrl(api.url, `repos/${repository}/attestations/${subject}`);
    url.searchParams.set('predicate_type', predicateType);
    url.searchParams.set('per_page', '100');
    operation.trace('token', `GET ${url.href}`);
    const headers = {
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        ...(api.token === '' ? {} : { authorization: `Bearer ${api.token}` }),
    };
    const addressPolicy = apiTrust(url).registry();
    const request = { ...operation, method: 'GET', url, headers, phase: 'token', maxBytes: maxListBytes };
    const response = await send({ ...request, addressPolicy });
    if (response.status === 404) {
        operation.trace('token', `${repository} has no attestation of ${subject} (a private one needs attestations: read)`);
        return { candidates: [], errors: [] };
    }
    if (response.status === 403 && response.headers['x-ratelimit-remaining']?.[0] === '0') {
        throw (0,response_error/* statusError */.$C)(response, `GET ${url.href}`).with({ code: 'rate-limited' });
    }
    if (response.status !== 200)
        throw (0,response_error/* statusError */.$C)(response, `GET ${url.href}`);
    budget.take((0,digest/* digestOf */.ol)(response.body), response.body.byteLength);
    const list = parseList(response.body);
    if (list === undefined) {
        const message = `${url.host} responded without a list of attestations.`;
        throw new src_error/* ActionError */.lZ('registry-error', message, { remoteMessage: (0,response_error/* remoteMessageOf */.$s)(response) });
    }
    const candidates = list.map((item) => {
        const { bundle, bundle_url: bundleUrl } = (0,json_record/* asRecord */.q)(item) ?? {};
        const load = async () => parseBundle((0,json_record/* asRecord */.q)(bundle) ? inlineBundle(bundle) : await download(bundleUrl, url, context));
        return { from: 'github-api', predicateType, load };
    });
    const isCut = response.headers['link']?.some((link) => /rel="?next"?/.test(link));
    const overflow = new src_error/* ActionError */.lZ('too-large', `${repository} has more than ${list.length} attestations of ${subject}.`);
    return { candidates, errors: isCut ? [overflow] : [] };
}
function inlineBundle(bundle) {
    const bytes = Buffer.from(JSON.stringify(bundle));
    if (bytes.byteLength <= maxBundleBytes)
        return bytes;
    throw new src_error/* ActionError */.lZ('too-large', `A bundle has ${bytes.byteLength} bytes; at most ${maxBundleBytes} are read.`);
}
/** Strict as a whole, so that no bundle in it can be read in two ways. */
function parseList(body) {
    (0,strict_json/* parseStrictJson */.R)(body);
    const list = (0,json_record/* parseRecord */.H)((0,response_error/* bodyText */.G3)(body))?.['attestations'];
    return Array.isArray(list) ? list : undefined;
}
/** A bundle at a storage address, which carries its own authority: the token never goes there. */
async function download(bundleUrl, from, { send, operation, budget }) {
    if (typeof bundleUrl !== 'string' || !URL.canParse(bundleUrl)) {
        throw new src_error/* ActionError */.lZ('not-verified', 'the list of attestations names neither a bundle nor where it is');
    }
    const url = new URL(bundleUrl);
    if (url.protocol !== 'https:' || !(0,address/* isPublicName */.XC)(url.hostname) || url.username !== '' || url.password !== '') {
        throw new src_error/* ActionError */.lZ('untrusted-host', `The GitHub API names a bundle at ${url.origin}, which is not an https host with a public name.`);
    }
    const addressPolicy = apiTrust(from).redirect(url, from, { url: from, address: undefined });
    operation.trace('token', `GET ${url.href}`);
    const request = { ...operation, method: 'GET', url, headers: {}, phase: 'token', maxBytes: maxBundleBytes };
    const response = await send({ ...request, addressPolicy });
    if (response.status >= 300 && response.status < 400) {
        throw new src_error/* ActionError */.lZ('untrusted-host', `${url.host} redirects from a bundle, and is not followed.`);
    }
    if (response.status !== 200)
        throw (0,response_error/* statusError */.$C)(response, `GET ${url.href}`);
    const bytes = decompressSnappy(response.body, maxBundleBytes);
    budget.take((0,digest/* digestOf */.ol)(bytes), bytes.byteLength);
    return bytes;
}
function apiUrl(base, path) {
    const url = new URL(`${base.replace(/\/+$/, '')}/${path}`);
    if (url.protocol === 'https:' || apiTrust(url).scheme === 'http')
        return url;
    throw new src_error/* ActionError */.lZ('untrusted-host', `The GitHub API at ${url.origin} is not https.`);
}
function apiTrust({ host }) {
    return (0,trust/* trustFor */.Q)(host, { authHosts: new Map(), plainHttp: new Set() });
}

;// CONCATENATED MODULE: ./lib/src/attestation/policy.js
/** The issuer of the tokens of GitHub Actions on github.com. */
const actionsIssuer = 'https://token.actions.githubusercontent.com';
const githubHost = 'https://github.com/';
/**
 * Holds the claims of a verified certificate against `built-from`, `built-by` and `runners`.
 *
 * @returns undefined where they match; else the first thing that differs, in words
 */
function buildDifference(claims, settings) {
    const { builtFrom = [], builtBy } = settings;
    const { issuer, buildSignerUri, identity, runnerEnvironment } = claims;
    if (issuer !== actionsIssuer)
        return `issued by ${issuer ?? 'nobody'}, not ${actionsIssuer}`;
    const repository = repositoryOf(claims.sourceRepositoryUri);
    const sources = builtFrom.filter((source) => isSameRepository(source.repository, repository));
    if (repository === undefined || sources.length === 0) {
        return `built from ${repository ?? 'no repository'}, not ${builtFrom.map((source) => source.repository).join(' or ')}`;
    }
    if (claims.sourceRepositoryRef === undefined)
        return 'the certificate names no ref that it was built from';
    if (!sources.some(({ ref }) => matchesSource(ref, claims))) {
        const expected = sources.map(({ ref }) => describeRef(ref)).join(' or ');
        return `built from ${claims.sourceRepositoryRef ?? 'no ref'} (commit ${claims.sourceRepositoryDigest ?? 'none'}), not ${expected}`;
    }
    if (buildSignerUri === undefined)
        return 'the certificate names no workflow that built it';
    if (identity?.kind !== 'uri' || identity.text !== buildSignerUri) {
        return `signed by ${identity?.text ?? 'nobody'}, not by the workflow ${buildSignerUri} that built it`;
    }
    const workflow = workflowOf(buildSignerUri);
    if (workflow === undefined)
        return `built by ${buildSignerUri}, which is no workflow`;
    const difference = builtBy === undefined
        ? sameRepositoryDifference(workflow, repository)
        : workflowDifference(workflow, claims, builtBy);
    if (difference !== undefined)
        return difference;
    if (!settings.anyRunner && runnerEnvironment !== 'github-hosted') {
        return `built on a ${runnerEnvironment ?? 'runner of no kind'} runner, not on a github-hosted one`;
    }
    return undefined;
}
/**
 * Holds the claims of a verified certificate against `signed-by`.
 *
 * @returns undefined where one line matches; else what differs, in words
 */
function signerDifference(claims, signers) {
    const { identity, issuer = claims.bareIssuer } = claims;
    const matches = signers.some((signer) => issuer === signer.issuer &&
        identity !== undefined &&
        (signer.isPrefix ? identity.text.startsWith(signer.identity) : identity.text === signer.identity));
    if (matches)
        return undefined;
    const expected = signers.map((signer) => `${signer.identity}${signer.isPrefix ? '*' : ''} of ${signer.issuer}`);
    return `signed by ${identity?.text ?? 'nobody'} of ${issuer ?? 'no issuer'}, not ${expected.join(' or ')}`;
}
/** Reads the URI of a workflow; undefined for anything else. */
function workflowOf(uri) {
    const [, repository = '', path = '', ref = ''] = /^https:\/\/github\.com\/([^/@]+\/[^/@]+)\/(\.github\/workflows\/[^/]+?\.ya?ml)@(refs\/.+|[0-9a-f]{40}|[0-9a-f]{64})$/.exec(uri) ?? [];
    return ref === '' ? undefined : { repository, path, ref };
}
/** `OWNER/REPO` of the URL of a repository on github.com; undefined for any other. */
function repositoryOf(uri) {
    const rest = uri?.startsWith(githubHost) ? uri.slice(githubHost.length) : '';
    return /^[^/]+\/[^/]+$/.test(rest) ? rest : undefined;
}
function workflowDifference(workflow, claims, builtBy) {
    const isIt = (expected) => isSameRepository(expected.repository, workflow.repository) &&
        expected.path === workflow.path &&
        (expected.ref === undefined ||
            (expected.ref.kind === 'commit'
                ? // A workflow that is called by its commit has it behind the @, too.
                    expected.ref.digits === claims.buildSignerDigest
                : matchesRef(expected.ref, workflow.ref)));
    if (builtBy.some(isIt))
        return undefined;
    const expected = builtBy.map(({ repository, path, ref }) => `${repository}/${path}${ref ? `@${describeRef(ref)}` : ''}`);
    return `built by ${workflow.repository}/${workflow.path}@${workflow.ref}, not ${expected.join(' or ')}`;
}
/** Without `built-by` a workflow of another repository proves nothing: anybody may have written it. */
function sameRepositoryDifference(workflow, repository) {
    if (isSameRepository(workflow.repository, repository))
        return undefined;
    return `built by a workflow of ${workflow.repository}, which built-by does not name`;
}
function matchesSource(ref, claims) {
    if (ref === undefined)
        return true;
    return ref.kind === 'commit'
        ? claims.sourceRepositoryDigest === ref.digits
        : matchesRef(ref, claims.sourceRepositoryRef);
}
function matchesRef(pattern, ref) {
    if (ref === undefined)
        return false;
    return pattern.isPrefix ? ref.startsWith(pattern.text) : ref === pattern.text;
}
function describeRef(ref) {
    if (ref === undefined)
        return 'any ref';
    return ref.kind === 'commit' ? `commit ${ref.digits}` : `${ref.text}${ref.isPrefix ? '*' : ''}`;
}
/** Owners and repositories have no case: ASCII alone, so that no other letter folds into one of them. */
function isSameRepository(one, other) {
    const fold = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    return other !== undefined && fold(one) === fold(other);
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./node_modules/@sigstore/protobuf-specs/dist/index.js
var protobuf_specs_dist = __webpack_require__(9654);
// EXTERNAL MODULE: ./node_modules/@sigstore/tuf/seeds.json
var seeds = __webpack_require__(8032);
;// CONCATENATED MODULE: ./lib/src/attestation/trusted-root.js








/** Bytes of a file with trusted roots, or with public keys. */
const maxFileBytes = 4 * 1024 * 1024;
/** The root of the public-good instance, as the package `@sigstore/tuf` carries it. */
function publicGoodRoot() {
    const { /* targets */ "z": targets } = seeds/* https://tuf-repo-cdn.sigstore.dev */.T;
    const bytes = Buffer.from(targets['trusted_root.json'], 'base64');
    return { name: 'public-good', root: protobuf_specs_dist.TrustedRoot.fromJSON(JSON.parse(bytes.toString())) };
}
/**
 * Reads the instances of a file as `gh attestation trusted-root` writes it: JSON, or a line of JSON for each.
 *
 * @throws ActionError `trust-root` for a file that is missing, unreadable, or lists nothing that can prove a time
 */
async function readTrustedRoot(path, workspace) {
    const bytes = await readFile((0,external_node_path_.resolve)(workspace, path)).catch((error) => {
        throw trustRootError(path, `it cannot be read: ${error.message}`);
    });
    const instances = rootTexts(bytes, path).map((text) => readInstance(text, path));
    if (instances.length === 0)
        throw trustRootError(path, 'it is empty');
    return instances;
}
function rootTexts(bytes, path) {
    const text = Buffer.from(bytes).toString().trim();
    if (text === '')
        return [];
    try {
        JSON.parse(text);
        return [text];
    }
    catch {
        const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
        if (lines.length > 1)
            return lines;
        throw trustRootError(path, 'it is not JSON');
    }
}
function readInstance(text, path) {
    const root = parseRoot(text, path);
    const { tlogs, ctlogs, timestampAuthorities, certificateAuthorities } = root;
    if (tlogs.length === 0 && timestampAuthorities.length === 0) {
        throw trustRootError(path, 'it lists neither a transparency log nor a time stamp authority, so nothing proves a time');
    }
    for (const { publicKey } of [...tlogs, ...ctlogs]) {
        if (publicKey?.validFor?.start === undefined)
            throw trustRootError(path, 'a key of a log has no beginning of its validity');
    }
    for (const { validFor } of [...certificateAuthorities, ...timestampAuthorities]) {
        if (validFor?.start === undefined)
            throw trustRootError(path, 'an authority has no beginning of its validity');
    }
    try {
        const { certificateAuthorities: authorities, timestampAuthorities: stamps } = (0,dist/* toTrustMaterial */.jO)(root);
        if ([...authorities, ...stamps].some(({ certChain }) => certChain.length === 0))
            throw new Error('an empty chain');
    }
    catch {
        throw trustRootError(path, 'a key or a certificate in it cannot be read');
    }
    return { name: 'trusted-root', root };
}
function parseRoot(text, path) {
    try {
        (0,strict_json/* parseStrictJson */.R)(Buffer.from(text));
        return protobuf_specs_dist.TrustedRoot.fromJSON(JSON.parse(text));
    }
    catch {
        throw trustRootError(path, 'it is not a trusted root');
    }
}
/**
 * Reads public keys: PEM blocks, or files that hold them.
 *
 * @throws ActionError `invalid-input`, or `unsupported` for other keys than P-256 and RSA of 2048 to 4096 bits
 */
async function readPublicKeys(sources, workspace) {
    const texts = await Promise.all(sources.map(async (source) => {
        if ('pem' in source)
            return source.pem;
        const bytes = await readFile((0,external_node_path_.resolve)(workspace, source.path)).catch((error) => {
            throw invalidKey(`the file ${source.path} cannot be read: ${error.message}`);
        });
        return Buffer.from(bytes).toString();
    }));
    const blocks = texts.map((text) => text.match(/-----BEGIN [A-Z ]+-----[^-]*-----END [A-Z ]+-----/g) ?? []);
    if (blocks.some(({ length }) => length === 0))
        throw invalidKey('there is no PEM block');
    const isBroken = texts.some((text, at) => text.split('-----BEGIN').length - 1 !== blocks[at]?.length);
    if (isBroken)
        throw invalidKey('a PEM block has no end');
    return blocks.flat().map(readKey);
}
function readKey(pem) {
    if (/PRIVATE KEY/.test(pem))
        throw invalidKey('it is a private key, which belongs nowhere in a workflow');
    // Of a certificate Node would take the key, and nobody would look at the rest.
    if (!/^-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem))
        throw invalidKey('a PEM block is not a public key');
    let key;
    try {
        key = (0,external_node_crypto_.createPublicKey)(pem);
    }
    catch {
        throw invalidKey('a PEM block is not a public key');
    }
    const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
    const isEc = key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1';
    const isRsa = key.asymmetricKeyType === 'rsa' && modulusLength >= 2048 && modulusLength <= 4096;
    if (isEc || isRsa)
        return key;
    throw new src_error/* ActionError */.lZ('unsupported', 'The input public-key has a key that is not supported.', {
        advice: 'Use an ECDSA key on the curve P-256, as cosign generate-key-pair makes it, or RSA of 2048 to 4096 bits.',
    });
}
/** Reads a regular file, without blocking on anything else. */
async function readFile(path) {
    const handle = await external_node_fs_.promises.open(path, external_node_fs_.constants.O_RDONLY | (external_node_fs_.constants.O_NONBLOCK ?? 0));
    try {
        const status = await handle.stat();
        if (!status.isFile())
            throw new Error('it is not a regular file');
        if (status.size > maxFileBytes)
            throw new Error(`it is larger than ${maxFileBytes} bytes`);
        return await handle.readFile();
    }
    finally {
        await handle.close();
    }
}
function trustRootError(path, why) {
    return new src_error/* ActionError */.lZ('trust-root', `The file ${path} of trusted-root cannot be used: ${why}.`, {
        advice: 'Write it anew: gh attestation trusted-root > FILE, or cosign trusted-root create.',
    });
}
function invalidKey(why) {
    return new src_error/* ActionError */.lZ('invalid-input', `The input public-key cannot be used: ${why}.`, {
        advice: 'Give a public key in PEM, as cosign.pub, or the path of such a file.',
    });
}

;// CONCATENATED MODULE: ./lib/src/attestation/verify.js







/** Bytes of all bundles of a run. */
const maxBundlesBytes = 64 * 1024 * 1024;
/** Reasons that are listed of bundles that do not pass. */
const maxReasons = 5;
/** The one predicate by which cosign signs: an attestation of another kind by the same signer is no signature. */
const signPredicate = 'https://sigstore.dev/cosign/sign/v1';
/**
 * Reads the trust that the settings name.
 *
 * @param send sends requests to the GitHub API
 * @throws ActionError `trust-root`, `invalid-input` or `unsupported` for a file or a key that cannot be used
 */
async function openAttestations(settings, send) {
    const { trustedRoot, workspace, publicKeys = [] } = settings;
    const instances = trustedRoot === undefined ? [publicGoodRoot()] : await readTrustedRoot(trustedRoot, workspace);
    const trust = { instances, keys: await readPublicKeys(publicKeys, workspace) };
    const budget = (0,content_budget/* byteBudget */.g)(maxBundlesBytes, 'The bundles of this step');
    return {
        async prove(gate, subject, context) {
            const predicateTypes = gate === 'built-from' ? settings.predicateTypes : [signPredicate];
            const proofs = [];
            for (const predicateType of predicateTypes) {
                const demand = { gate, subject, predicateType, settings, trust };
                proofs.push(await firstProof(demand, sourcesOf(demand, context, { send, budget })));
            }
            return proofs;
        },
    };
}
/** All sources, asked at once, in the order in which they are judged. */
function sourcesOf({ gate, subject, predicateType, settings }, { store, referrers, operation }, { send, budget }) {
    const repositories = gate === 'built-from' ? (settings.builtFrom ?? []).map(({ repository }) => repository) : [];
    const distinct = [...new Map(repositories.map((repository) => [repository.toLowerCase(), repository])).values()];
    const context = { send, api: settings.api, operation, budget };
    const registry = referrers().then((list) => {
        const unsigned = list.referrers.filter(({ from }) => from === 'index').length;
        if (unsigned > 0)
            operation.trace('manifest', `${unsigned} unsigned BuildKit attestations: not evidence`);
        return registrySource(subject, list, store, budget);
    });
    const sources = [registry, ...distinct.map((repository) => apiSource(repository, subject, predicateType, context))];
    // Judged one after the other: until its turn the failure of one must not count as unhandled.
    for (const source of sources)
        source.catch(() => undefined);
    return sources;
}
/** The first bundle that passes. Errors of sources matter only when none does. */
async function firstProof(demand, sources) {
    const errors = [];
    const reasons = [];
    for (const source of sources) {
        const { candidates, errors: sourceErrors } = await source;
        const ordered = likeliestFirst(candidates, demand.predicateType);
        errors.push(...sourceErrors, ...ordered.errors);
        for (const candidate of ordered.candidates) {
            try {
                return judge(demand, await candidate.load(), candidate);
            }
            catch (error) {
                if (!(error instanceof src_error/* ActionError */.lZ))
                    throw error;
                if (error.code === 'not-verified' || error.code === 'invalid-manifest')
                    reasons.push(error.message);
                else
                    errors.push(error);
            }
        }
    }
    throw worstError(demand, errors, reasons);
}
/**
 * Judges one bundle: what it signs, by whom, and whether the cryptography holds, all for one and the same bundle.
 *
 * @throws ActionError `not-verified`, with the first thing that differs
 */
function judge(demand, evidence, { from }) {
    const { gate, subject, settings, trust } = demand;
    const content = evidence.contentFor(subject);
    requirePredicate(content, demand);
    if (gate === 'public-key') {
        const signature = verifyByKey(evidence, trust.keys, trust.instances, settings.isLogRequired);
        return verification(demand, content, signature, from);
    }
    const signature = verifyByCertificate(evidence, trust.instances);
    const { claims } = signature;
    if (claims === undefined)
        throw new src_error/* ActionError */.lZ('not-verified', 'it has no certificate');
    const difference = gate === 'built-from' ? buildDifference(claims, settings) : signerDifference(claims, settings.signedBy ?? []);
    if (difference !== undefined)
        throw new src_error/* ActionError */.lZ('not-verified', difference);
    return verification(demand, content, signature, from);
}
function requirePredicate({ predicateType }, demand) {
    if (predicateType === demand.predicateType)
        return;
    // A simple signature is one by its payload, and has no predicate.
    if (predicateType === undefined && demand.gate !== 'built-from')
        return;
    throw new src_error/* ActionError */.lZ('not-verified', `its predicate type is ${predicateType ?? 'none'}, not ${demand.predicateType}`);
}
function verification({ gate, subject }, { predicateType }, { claims, instance, time, logIndex }, from) {
    const workflow = claims?.buildSignerUri === undefined ? undefined : workflowOf(claims.buildSignerUri);
    return {
        gate,
        subject,
        predicateType,
        instance,
        issuer: claims?.issuer ?? claims?.bareIssuer,
        identity: claims?.identity?.text,
        sourceRepository: repositoryOf(claims?.sourceRepositoryUri),
        sourceRef: claims?.sourceRepositoryRef,
        sourceCommit: claims?.sourceRepositoryDigest,
        workflow: workflow && `${workflow.repository}/${workflow.path}`,
        runner: claims?.runnerEnvironment,
        run: claims?.runInvocationUri,
        time: time?.toISOString(),
        logIndex,
        from,
    };
}
/** What an error says more than that something is missing: the first of these is the code of a failure. */
const severity = [
    'untrusted-host',
    'digest-mismatch',
    'denied',
    'unauthorized',
    'rate-limited',
    'tls',
    'network',
    'timeout',
    'registry-error',
    'too-large',
];
function worstError(demand, errors, reasons) {
    const rank = ({ code }) => (severity.includes(code) ? severity.indexOf(code) : severity.length - 2);
    const [worst] = [...errors].sort((one, other) => rank(one) - rank(other));
    const policy = policyInWords(demand);
    if (worst !== undefined) {
        return worst.with({
            message: `${demand.gate} cannot be judged for ${demand.subject} (${policy}): ${worst.message}`,
        });
    }
    if (reasons.length === 0) {
        return new src_error/* ActionError */.lZ('not-attested', `${demand.gate} does not hold: ${demand.subject} has no attestation or signature (${policy}).`, {
            advice: notAttestedAdvice[demand.gate],
        });
    }
    const listed = [...new Set(reasons)].slice(0, maxReasons).join('; ');
    return new src_error/* ActionError */.lZ('not-verified', `${demand.gate} does not hold for ${demand.subject} (${policy}): ${listed}.`, {
        advice: 'Do not deploy it. If it is right, correct what the gate demands.',
    });
}
const notAttestedAdvice = {
    'built-from': 'Attest it where it is built, by actions/attest-build-provenance with the digest that was pushed. For a private repository give the job "permissions: attestations: read". Attestations come after the push: wait-timeout waits for them.',
    'signed-by': 'Sign it by cosign sign with the digest that was pushed. wait-timeout waits for a signature.',
    'public-key': 'Sign it by cosign sign --key with the digest that was pushed. wait-timeout waits for a signature.',
};
/** What was demanded, in one sentence. */
function policyInWords({ gate, predicateType, settings }) {
    const { builtFrom = [], builtBy = [], signedBy = [] } = settings;
    if (gate === 'public-key')
        return 'a signature by one of the keys of public-key';
    if (gate === 'signed-by') {
        return `a signature by ${signedBy.map(({ identity, isPrefix }) => `${identity}${isPrefix ? '*' : ''}`).join(' or ')}`;
    }
    const workflows = builtBy.length === 0 ? '' : ` by ${builtBy.map(({ repository, path }) => `${repository}/${path}`).join(' or ')}`;
    return `${predicateType}, built from ${builtFrom.map(({ repository }) => repository).join(' or ')}${workflows}`;
}


/***/ })

};
;