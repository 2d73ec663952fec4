import type { AttestationSettings, BuildWorkflow, RefPattern, SignerIdentity } from './attestation.ts';
import type { Claims } from './certificate.ts';

/** The issuer of the tokens of GitHub Actions on github.com. */
const actionsIssuer = 'https://token.actions.githubusercontent.com';

const githubHost = 'https://github.com/';

/**
 * Holds the claims of a verified certificate against `built-from`, `built-by` and `runners`.
 *
 * @returns undefined where they match; else the first thing that differs, in words
 */
export function buildDifference(claims: Claims, settings: AttestationSettings): string | undefined {
  const { builtFrom = [], builtBy } = settings;
  const { issuer, buildSignerUri, identity, runnerEnvironment } = claims;
  if (issuer !== actionsIssuer) return `issued by ${issuer ?? 'nobody'}, not ${actionsIssuer}`;
  const repository = repositoryOf(claims.sourceRepositoryUri);
  const sources = builtFrom.filter((source) => isSameRepository(source.repository, repository));
  if (repository === undefined || sources.length === 0) {
    return `built from ${repository ?? 'no repository'}, not ${builtFrom.map((source) => source.repository).join(' or ')}`;
  }
  if (claims.sourceRepositoryRef === undefined) return 'the certificate names no ref that it was built from';
  if (!sources.some(({ ref }) => matchesSource(ref, claims))) {
    const expected = sources.map(({ ref }) => describeRef(ref)).join(' or ');
    return `built from ${claims.sourceRepositoryRef ?? 'no ref'} (commit ${claims.sourceRepositoryDigest ?? 'none'}), not ${expected}`;
  }
  if (buildSignerUri === undefined) return 'the certificate names no workflow that built it';
  if (identity?.kind !== 'uri' || identity.text !== buildSignerUri) {
    return `signed by ${identity?.text ?? 'nobody'}, not by the workflow ${buildSignerUri} that built it`;
  }
  const workflow = workflowOf(buildSignerUri);
  if (workflow === undefined) return `built by ${buildSignerUri}, which is no workflow`;
  const difference =
    builtBy === undefined
      ? sameRepositoryDifference(workflow, repository)
      : workflowDifference(workflow, claims, builtBy);
  if (difference !== undefined) return difference;
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
export function signerDifference(claims: Claims, signers: readonly SignerIdentity[]): string | undefined {
  const { identity, issuer = claims.bareIssuer } = claims;
  const matches = signers.some(
    (signer) =>
      issuer === signer.issuer &&
      identity !== undefined &&
      (signer.isPrefix ? identity.text.startsWith(signer.identity) : identity.text === signer.identity),
  );
  if (matches) return undefined;
  const expected = signers.map((signer) => `${signer.identity}${signer.isPrefix ? '*' : ''} of ${signer.issuer}`);
  return `signed by ${identity?.text ?? 'nobody'} of ${issuer ?? 'no issuer'}, not ${expected.join(' or ')}`;
}

/** A workflow that signed: `https://github.com/OWNER/REPO/PATH@REF`. */
export interface SigningWorkflow {
  readonly repository: string;
  readonly path: string;
  readonly ref: string;
}

/** Reads the URI of a workflow; undefined for anything else. */
export function workflowOf(uri: string): SigningWorkflow | undefined {
  const [, repository = '', path = '', ref = ''] =
    /^https:\/\/github\.com\/([^/@]+\/[^/@]+)\/(\.github\/workflows\/[^/]+?\.ya?ml)@(refs\/.+|[0-9a-f]{40}|[0-9a-f]{64})$/.exec(
      uri,
    ) ?? [];
  return ref === '' ? undefined : { repository, path, ref };
}

/** `OWNER/REPO` of the URL of a repository on github.com; undefined for any other. */
export function repositoryOf(uri: string | undefined): string | undefined {
  const rest = uri?.startsWith(githubHost) ? uri.slice(githubHost.length) : '';
  return /^[^/]+\/[^/]+$/.test(rest) ? rest : undefined;
}

function workflowDifference(
  workflow: SigningWorkflow,
  claims: Claims,
  builtBy: readonly BuildWorkflow[],
): string | undefined {
  const isIt = (expected: BuildWorkflow) =>
    isSameRepository(expected.repository, workflow.repository) &&
    expected.path === workflow.path &&
    (expected.ref === undefined ||
      (expected.ref.kind === 'commit'
        ? // A workflow that is called by its commit has it behind the @, too.
          expected.ref.digits === claims.buildSignerDigest
        : matchesRef(expected.ref, workflow.ref)));
  if (builtBy.some(isIt)) return undefined;
  const expected = builtBy.map(
    ({ repository, path, ref }) => `${repository}/${path}${ref ? `@${describeRef(ref)}` : ''}`,
  );
  return `built by ${workflow.repository}/${workflow.path}@${workflow.ref}, not ${expected.join(' or ')}`;
}

/** Without `built-by` a workflow of another repository proves nothing: anybody may have written it. */
function sameRepositoryDifference(workflow: SigningWorkflow, repository: string): string | undefined {
  if (isSameRepository(workflow.repository, repository)) return undefined;
  return `built by a workflow of ${workflow.repository}, which built-by does not name`;
}

function matchesSource(ref: RefPattern | undefined, claims: Claims): boolean {
  if (ref === undefined) return true;
  return ref.kind === 'commit'
    ? claims.sourceRepositoryDigest === ref.digits
    : matchesRef(ref, claims.sourceRepositoryRef);
}

function matchesRef(pattern: Extract<RefPattern, { kind: 'ref' }>, ref: string | undefined): boolean {
  if (ref === undefined) return false;
  return pattern.isPrefix ? ref.startsWith(pattern.text) : ref === pattern.text;
}

function describeRef(ref: RefPattern | undefined): string {
  if (ref === undefined) return 'any ref';
  return ref.kind === 'commit' ? `commit ${ref.digits}` : `${ref.text}${ref.isPrefix ? '*' : ''}`;
}

/** Owners and repositories have no case: ASCII alone, so that no other letter folds into one of them. */
function isSameRepository(one: string, other: string | undefined): boolean {
  const fold = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return other !== undefined && fold(one) === fold(other);
}
