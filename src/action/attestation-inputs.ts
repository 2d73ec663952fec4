import type {
  AttestationSettings,
  BuildSource,
  BuildWorkflow,
  PublicKeySource,
  RefPattern,
  SignerIdentity,
} from '../attestation/attestation.ts';
import { ActionError } from '../error.ts';
import { githubToken } from './credential-inputs.ts';
import type { Environment, GateReader, InputName, InputReader } from './input-table.ts';
import { invalidInput, parseLines, parseList } from './input-values.ts';

const defaultPredicate = 'https://slsa.dev/provenance/v1';

/** What attestation gates are read from. */
export interface AttestationInputs {
  readonly env: Environment;
  readonly input: InputReader;
  /** Reads a gate; undefined where it is not set. */
  readonly gate: GateReader;
}

/**
 * Reads what must be proven about the images; undefined where nothing must.
 *
 * @throws ActionError `invalid-input`, or `unsupported` on a GitHub Enterprise Server
 */
export function attestationSettings({ env, input, gate }: AttestationInputs): AttestationSettings | undefined {
  const builtFrom = gate('built-from', (text) => parseLines(text).map(parseBuildSource));
  const builtBy = gate('built-by', (text) => parseLines(text).map(parseBuildWorkflow));
  const signedBy = gate('signed-by', (text) => parseLines(text).map(parseSigner));
  const publicKeys = gate('public-key', parseKeySources);
  const [trustedRoot] = gate('trusted-root', (text) => [text]) ?? [];
  const settings: AttestationSettings = {
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
  if (builtFrom !== undefined) requireGithubCom(env);
  return builtFrom === undefined && signedBy === undefined && publicKeys === undefined ? undefined : settings;
}

/** Without one nothing would be demanded. */
function readPredicateTypes(input: InputReader): string[] {
  const types = parseList(input('predicate-type'));
  if (types.length > 0) return types;
  throw invalidInput('predicate-type', 'it names none', `Write for example ${defaultPredicate}.`);
}

/** An input for security that is silently ignored is a trap. */
function refuseUnused(settings: AttestationSettings): void {
  const { builtFrom, builtBy, anyRunner, predicateTypes, signedBy, publicKeys } = settings;
  const refuse = (name: InputName, needs: string) => {
    throw invalidInput(name, `it says nothing without ${needs}`, `Set ${needs}, or leave ${name} out.`);
  };
  if (builtFrom === undefined) {
    if (builtBy !== undefined) refuse('built-by', 'built-from');
    if (anyRunner) refuse('runners', 'built-from');
    if (predicateTypes.join() !== defaultPredicate) refuse('predicate-type', 'built-from');
  }
  if (!settings.isLogRequired && publicKeys === undefined) refuse('transparency-log', 'public-key');
  if (builtFrom !== undefined || signedBy !== undefined || publicKeys !== undefined) return;
  if (settings.trustedRoot !== undefined) refuse('trusted-root', 'built-from, signed-by or public-key');
  if (settings.attested !== 'digest') refuse('attested-digest', 'built-from, signed-by or public-key');
}

/** Enterprise servers have no attestations, and tenants an issuer of their own. */
function requireGithubCom(env: Environment): void {
  const server = env['GITHUB_SERVER_URL'] || 'https://github.com';
  const host = URL.canParse(server) ? new URL(server).host : server;
  if (host === 'github.com') return;
  if (host.endsWith('.ghe.com')) {
    throw invalidInput('built-from', `${host} is a tenant, which is not supported yet`, 'Use signed-by or public-key.');
  }
  throw new ActionError(
    'unsupported',
    `built-from is for github.com; the GitHub Enterprise Server ${host} has no attestations.`,
    {
      advice: 'Use signed-by or public-key, with signatures by cosign.',
    },
  );
}

const repositoryPattern = '([A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?/(?!\\.\\.?(?![A-Za-z0-9._-]))[A-Za-z0-9._-]+)';
const sourcePattern = new RegExp(`^${repositoryPattern}(?:@(.*))?$`);
const workflowPattern = new RegExp(`^${repositoryPattern}/(\\.github/workflows/[^/*]+?\\.ya?ml)(?:@(.*))?$`);

/** `OWNER/REPO[@REF]`. */
function parseBuildSource(line: string): BuildSource {
  const [, repository, ref] = sourcePattern.exec(line) ?? [];
  if (repository === undefined) {
    throw invalidInput(
      'built-from',
      `"${line}" is not OWNER/REPO or OWNER/REPO@REF`,
      'Write for example octo-org/shop.',
    );
  }
  return { repository, ref: ref === undefined ? undefined : parseRef('built-from', repository, ref) };
}

/** `OWNER/REPO/.github/workflows/FILE[@REF]`, split at the first `@` behind the ending of the file. */
function parseBuildWorkflow(line: string): BuildWorkflow {
  const [, repository, path, ref] = workflowPattern.exec(line) ?? [];
  if (repository === undefined || path === undefined) {
    throw invalidInput(
      'built-by',
      `"${line}" is not the path of a workflow`,
      'Write for example octo-org/ci/.github/workflows/build.yml.',
    );
  }
  return { repository, path, ref: ref === undefined ? undefined : parseRef('built-by', `${repository}/${path}`, ref) };
}

/** `refs/…` in full, with a `*` at the end for any rest of a branch or tag, or a commit. */
function parseRef(name: InputName, before: string, text: string): RefPattern {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) return { kind: 'commit', digits: text };
  const isPrefix = /^refs\/(?:heads|tags)\/[^*]*\*$/.test(text);
  if (isPrefix) return { kind: 'ref', text: text.slice(0, -1), isPrefix };
  if (/^refs\/[^*\s]+\/[^*\s]+$/.test(text)) return { kind: 'ref', text, isPrefix };
  const plain = /^[^*/\s]+$/.test(text) ? text : 'main';
  throw invalidInput(
    name,
    `"${text}" is neither a full ref nor a commit`,
    `Write ${before}@refs/heads/${plain} for a branch, or ${before}@refs/tags/${plain} for a tag; a * may stand at the end of either.`,
  );
}

/** `IDENTITY ISSUER`. */
function parseSigner(line: string): SignerIdentity {
  const [text = '', issuer = '', ...more] = line.split(/\s+/);
  const isPrefix = /@refs\/[^*/]+\/[^*]*\*$/.test(text);
  const identity = isPrefix ? text.slice(0, -1) : text;
  if (!/^https:\/\/[^\s/*]+[^\s*]*$/.test(issuer) || more.length > 0 || identity.includes('*')) {
    throw invalidInput(
      'signed-by',
      `"${line}" is not IDENTITY ISSUER`,
      'Write the identity, a space and the issuer, for example https://github.com/octo-org/shop/.github/workflows/release.yml@refs/tags/* https://token.actions.githubusercontent.com. A * may stand only at the end, after @refs/…/.',
    );
  }
  return { identity, isPrefix, issuer };
}

/** PEM blocks, one after the other, or a path a line. */
function parseKeySources(text: string): PublicKeySource[] {
  if (!text.includes('-----BEGIN')) return parseLines(text).map((path) => ({ path }));
  const rest = text.replace(/-----BEGIN [A-Z ]+-----[^-]*-----END [A-Z ]+-----/g, '').trim();
  if (rest === '') return [{ pem: text }];
  throw invalidInput('public-key', 'something stands beside the PEM blocks', 'Write PEM blocks, or a path a line.');
}

function oneOf<Value extends string>(name: InputName, input: InputReader, values: readonly Value[]): Value {
  const text = input(name);
  const value = values.find((candidate) => candidate === text);
  if (value !== undefined) return value;
  throw invalidInput(name, `"${text}" is none of its values`, `Write ${values.join(' or ')}.`);
}
