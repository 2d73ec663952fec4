import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttestationSettings, BuildWorkflow } from '../../../src/attestation/attestation.ts';
import type { Claims } from '../../../src/attestation/certificate.ts';
import { buildDifference, repositoryOf, signerDifference, workflowOf } from '../../../src/attestation/policy.ts';
import { refPattern, settingsOf } from '../../support/attestation.ts';
import { actionsIssuer } from '../../support/sigstore.ts';

const commit = '12'.repeat(20);
const workflowCommit = '34'.repeat(20);

/** Claims of a release of octo-org/shop, built by `workflow`. */
function claimsBy(
  workflow = 'octo-org/shop/.github/workflows/release.yml@refs/tags/v1.4.2',
  changes: Partial<Claims> = {},
): Claims {
  const uri = `https://github.com/${workflow}`;
  return {
    issuer: actionsIssuer,
    identity: { kind: 'uri', text: uri },
    buildSignerUri: uri,
    buildSignerDigest: workflowCommit,
    runnerEnvironment: 'github-hosted',
    sourceRepositoryUri: 'https://github.com/octo-org/shop',
    sourceRepositoryDigest: commit,
    sourceRepositoryRef: 'refs/tags/v1.4.2',
    runInvocationUri: undefined,
    ...changes,
  };
}

const builtBy = (path: string, ref?: string): BuildWorkflow => {
  const [owner = '', name = '', ...rest] = path.split('/');
  return { repository: `${owner}/${name}`, path: rest.join('/'), ref: ref === undefined ? undefined : refPattern(ref) };
};

const from = (repository: string, ref?: string): Partial<AttestationSettings> => ({
  builtFrom: [{ repository, ref: ref === undefined ? undefined : refPattern(ref) }],
});

const passes: readonly [name: string, claims: Claims, settings?: Partial<AttestationSettings>][] = [
  ['the repository', claimsBy()],
  ['the repository in another case', claimsBy(), from('Octo-ORG/Shop')],
  ['the source in another case', claimsBy(undefined, { sourceRepositoryUri: 'https://github.com/Octo-Org/SHOP' })],
  ['the whole ref', claimsBy(), from('octo-org/shop', 'refs/tags/v1.4.2')],
  ['a prefix of the ref', claimsBy(), from('octo-org/shop', 'refs/tags/v1.*')],
  ['any tag', claimsBy(), from('octo-org/shop', 'refs/tags/*')],
  [
    'any tag, also one with slashes',
    claimsBy(undefined, { sourceRepositoryRef: 'refs/tags/shop/v1' }),
    from('octo-org/shop', 'refs/tags/*'),
  ],
  ['the commit', claimsBy(), from('octo-org/shop', commit)],
  [
    'one of two lines of the same repository',
    claimsBy(),
    {
      builtFrom: [
        { repository: 'octo-org/shop', ref: refPattern('refs/heads/main') },
        { repository: 'octo-org/shop', ref: refPattern('refs/tags/v1.4.2') },
      ],
    },
  ],
  [
    'one of two repositories',
    claimsBy(),
    {
      builtFrom: [
        { repository: 'octo-org/other', ref: undefined },
        { repository: 'octo-org/shop', ref: undefined },
      ],
    },
  ],
  ['the workflow', claimsBy(), { builtBy: [builtBy('octo-org/shop/.github/workflows/release.yml')] }],
  [
    'the workflow at its ref',
    claimsBy(),
    { builtBy: [builtBy('octo-org/shop/.github/workflows/release.yml', 'refs/tags/*')] },
  ],
  [
    'the workflow at its commit',
    claimsBy(),
    { builtBy: [builtBy('octo-org/shop/.github/workflows/release.yml', workflowCommit)] },
  ],
  [
    'a reusable workflow that built-by names',
    claimsBy('octo-org/ci/.github/workflows/build.yaml@refs/heads/main'),
    { builtBy: [builtBy('Octo-Org/CI/.github/workflows/build.yaml')] },
  ],
  [
    'a reusable workflow that is called by its commit',
    claimsBy(`octo-org/ci/.github/workflows/build.yml@${workflowCommit}`),
    { builtBy: [builtBy('octo-org/ci/.github/workflows/build.yml', workflowCommit)] },
  ],
  [
    'a self-hosted runner where any will do',
    claimsBy(undefined, { runnerEnvironment: 'self-hosted' }),
    { anyRunner: true },
  ],
  [
    'a ref that holds an @',
    claimsBy('octo-org/shop/.github/workflows/release.yml@refs/tags/@scope/pkg@1.0', {
      sourceRepositoryRef: 'refs/tags/@scope/pkg@1.0',
    }),
    {
      ...from('octo-org/shop', 'refs/tags/@scope/pkg@1.0'),
      builtBy: [builtBy('octo-org/shop/.github/workflows/release.yml', 'refs/tags/@scope/pkg@1.0')],
    },
  ],
];

for (const [name, claims, settings] of passes) {
  test(`passes: ${name}`, () => {
    assert.equal(buildDifference(claims, settingsOf(settings)), undefined);
  });
}

const shopWorkflow = { builtBy: [builtBy('octo-org/shop/.github/workflows/release.yml')] };

const refusals: readonly [name: string, claims: Claims, why: RegExp, settings?: Partial<AttestationSettings>][] = [
  ['no issuer', claimsBy(undefined, { issuer: undefined }), /issued by nobody/],
  [
    "another enterprise's issuer",
    claimsBy(undefined, { issuer: `${actionsIssuer}/evil-corp` }),
    /issued by .*evil-corp/,
  ],
  ['an issuer with a slash at its end', claimsBy(undefined, { issuer: `${actionsIssuer}/` }), /issued by/],
  ['an issuer in another case', claimsBy(undefined, { issuer: actionsIssuer.toUpperCase() }), /issued by/],
  [
    'a repository that ends in the name',
    claimsBy(undefined, { sourceRepositoryUri: 'https://github.com/x-octo-org/shop' }),
    /built from x-octo-org\/shop/,
  ],
  [
    'a repository that begins with the name',
    claimsBy(undefined, { sourceRepositoryUri: 'https://github.com/octo-org/shop-evil' }),
    /built from octo-org\/shop-evil/,
  ],
  [
    'a fork',
    claimsBy('mallory/shop/.github/workflows/release.yml@refs/tags/v1.4.2', {
      sourceRepositoryUri: 'https://github.com/mallory/shop',
    }),
    /built from mallory\/shop/,
  ],
  [
    'a fork that calls our reusable workflow',
    claimsBy(undefined, { sourceRepositoryUri: 'https://github.com/mallory/shop' }),
    /built from mallory\/shop/,
  ],
  [
    'a fork that calls our reusable workflow, which built-by names',
    claimsBy('octo-org/ci/.github/workflows/build.yml@refs/heads/main', {
      sourceRepositoryUri: 'https://github.com/mallory/shop',
    }),
    /built from mallory\/shop/,
    { builtBy: [builtBy('octo-org/ci/.github/workflows/build.yml')] },
  ],
  [
    'a workflow of another repository without built-by',
    claimsBy('octo-org/ci/.github/workflows/build.yml@refs/heads/main'),
    /built by a workflow of octo-org\/ci/,
  ],
  [
    'another server',
    claimsBy(undefined, { sourceRepositoryUri: 'https://github.com.evil.example/octo-org/shop' }),
    /built from no repository/,
  ],
  [
    'a tenant',
    claimsBy(undefined, { sourceRepositoryUri: 'https://octo.ghe.com/octo-org/shop' }),
    /built from no repository/,
  ],
  [
    'plain HTTP',
    claimsBy(undefined, { sourceRepositoryUri: 'http://github.com/octo-org/shop' }),
    /built from no repository/,
  ],
  [
    'a path below the repository',
    claimsBy(undefined, { sourceRepositoryUri: 'https://github.com/octo-org/shop/x' }),
    /built from no repository/,
  ],
  ['no source', claimsBy(undefined, { sourceRepositoryUri: undefined }), /built from no repository/],
  [
    'a letter that folds into ASCII',
    claimsBy(undefined, { sourceRepositoryUri: 'https://github.com/octo-org/\u017fhop' }),
    /built from octo-org/,
  ],
  ['no ref', claimsBy(undefined, { sourceRepositoryRef: undefined }), /ref/],
  [
    'no ref where one is demanded',
    claimsBy(undefined, { sourceRepositoryRef: undefined }),
    /ref/,
    from('octo-org/shop', 'refs/tags/*'),
  ],
  [
    'the branch v1 for the tag v1',
    claimsBy(undefined, { sourceRepositoryRef: 'refs/heads/v1' }),
    /refs\/heads\/v1 .*not refs\/tags\/v1/,
    from('octo-org/shop', 'refs/tags/v1'),
  ],
  ['a longer tag', claimsBy(), /not refs\/tags\/v1/, from('octo-org/shop', 'refs/tags/v1')],
  ['a tag in another case', claimsBy(), /not refs\/tags\/V1/, from('octo-org/shop', 'refs/tags/V1.4.2')],
  [
    'a dot that is none',
    claimsBy(undefined, { sourceRepositoryRef: 'refs/tags/v1x4x2' }),
    /v1x4x2/,
    from('octo-org/shop', 'refs/tags/v1.4.2'),
  ],
  ['another commit', claimsBy(), /commit/, from('octo-org/shop', '13'.repeat(20))],
  [
    'the ref of another line',
    claimsBy(),
    /refs\/heads\/main/,
    {
      builtFrom: [
        { repository: 'octo-org/shop', ref: refPattern('refs/heads/main') },
        { repository: 'octo-org/other', ref: refPattern('refs/tags/v1.4.2') },
      ],
    },
  ],
  ['no workflow', claimsBy(undefined, { buildSignerUri: undefined }), /no workflow/],
  [
    'a name unlike the signer URI',
    claimsBy(undefined, {
      identity: { kind: 'uri', text: 'https://github.com/octo-org/shop/.github/workflows/other.yml@refs/tags/v1.4.2' },
    }),
    /signed by .*other\.yml/,
  ],
  [
    'a name in another case',
    claimsBy(undefined, {
      identity: {
        kind: 'uri',
        text: 'https://github.com/octo-org/shop/.github/workflows/Release.yml@refs/tags/v1.4.2',
      },
    }),
    /signed by/,
  ],
  [
    'the same text as an e-mail address',
    claimsBy(undefined, {
      identity: {
        kind: 'email',
        text: 'https://github.com/octo-org/shop/.github/workflows/release.yml@refs/tags/v1.4.2',
      },
    }),
    /signed by/,
  ],
  ['no name', claimsBy(undefined, { identity: undefined }), /signed by nobody/],
  [
    'release.yml.evil.yml',
    claimsBy('octo-org/shop/.github/workflows/release.yml.evil.yml@refs/tags/v1.4.2'),
    /built by .*release\.yml\.evil\.yml/,
    shopWorkflow,
  ],
  [
    'releaseXyml',
    claimsBy('octo-org/shop/.github/workflows/releaseXyml@refs/tags/v1.4.2'),
    /releaseXyml/,
    shopWorkflow,
  ],
  [
    'the workflow in another case',
    claimsBy('octo-org/shop/.github/workflows/Release.yml@refs/tags/v1.4.2'),
    /Release\.yml/,
    shopWorkflow,
  ],
  [
    'a workflow in another folder',
    claimsBy('octo-org/shop/.github/workflows/evil/release.yml@refs/tags/v1.4.2'),
    /evil\/release\.yml/,
    shopWorkflow,
  ],
  ['a workflow in no folder of workflows', claimsBy('octo-org/shop/release.yml@refs/tags/v1.4.2'), /no workflow/],
  [
    'the workflow of another repository',
    claimsBy('octo-org/ci/.github/workflows/release.yml@refs/tags/v1.4.2'),
    /octo-org\/ci/,
    shopWorkflow,
  ],
  [
    'the workflow at another ref',
    claimsBy(),
    /not .*refs\/heads\/main/,
    { builtBy: [builtBy('octo-org/shop/.github/workflows/release.yml', 'refs/heads/main')] },
  ],
  [
    'the workflow at another commit',
    claimsBy(),
    /not .*commit/,
    { builtBy: [builtBy('octo-org/shop/.github/workflows/release.yml', commit)] },
  ],
  [
    'a workflow whose file name goes on behind an @',
    claimsBy('octo-org/shop/.github/workflows/release.yml@evil.yml@refs/heads/main'),
    /built by/,
    shopWorkflow,
  ],
  ['a self-hosted runner', claimsBy(undefined, { runnerEnvironment: 'self-hosted' }), /built on a self-hosted runner/],
  ['a runner of no kind', claimsBy(undefined, { runnerEnvironment: undefined }), /runner/],
  ['a runner in another case', claimsBy(undefined, { runnerEnvironment: 'GitHub-Hosted' }), /runner/],
];

for (const [name, claims, why, settings] of refusals) {
  test(`refuses: ${name}`, () => {
    assert.match(String(buildDifference(claims, settingsOf(settings))), why);
  });
}

const identity = 'https://github.com/octo-org/shop/.github/workflows/release.yml@refs/tags/v1';

test('a signer is matched by its whole identity and issuer', () => {
  const claims = claimsBy('octo-org/shop/.github/workflows/release.yml@refs/tags/v1');
  const signer = { identity, isPrefix: false, issuer: actionsIssuer };
  const prefix = { ...signer, identity: identity.replace('v1', ''), isPrefix: true };
  assert.equal(signerDifference(claims, [signer]), undefined);
  assert.equal(signerDifference(claims, [prefix]), undefined);
  assert.equal(signerDifference(claims, [{ ...signer, identity: 'someone@else.example' }, signer]), undefined);
  assert.match(
    String(signerDifference(claims, [{ ...prefix, identity: identity.replace('tags/v1', 'heads/') }])),
    /not/,
  );
  assert.match(String(signerDifference(claims, [{ ...signer, identity: `${identity}.1` }])), /not/);
  assert.match(String(signerDifference(claims, [{ ...signer, identity: identity.slice(0, -1) }])), /not/);
  assert.match(String(signerDifference(claims, [{ ...signer, issuer: `${actionsIssuer}/` }])), /not/);
  assert.match(String(signerDifference({ ...claims, issuer: undefined }, [signer])), /no issuer/);
  assert.match(String(signerDifference({ ...claims, identity: undefined }, [signer])), /nobody/);
  assert.match(String(signerDifference({ ...claims, identity: undefined }, [prefix])), /nobody/);
});

test('an identity of one line goes with the issuer of that line alone', () => {
  const claims = claimsBy('octo-org/shop/.github/workflows/release.yml@refs/tags/v1');
  const signers = [
    { identity, isPrefix: false, issuer: 'https://accounts.example' },
    { identity: 'someone@else.example', isPrefix: false, issuer: actionsIssuer },
  ];
  assert.match(String(signerDifference(claims, signers)), /not/);
});

test('a dot and a plus in an identity stand for themselves', () => {
  const mail = (text: string): Claims =>
    claimsBy(undefined, { identity: { kind: 'email', text }, issuer: 'https://i' });
  const signers = [{ identity: 'a.b+c@d.example', isPrefix: false, issuer: 'https://i' }];
  assert.equal(signerDifference(mail('a.b+c@d.example'), signers), undefined);
  assert.match(String(signerDifference(mail('aXbbc@d.example'), signers)), /not/);
  assert.match(String(signerDifference(mail('x-a.b+c@d.example'), signers)), /not/);
});

test('the URI of a workflow is read whole', () => {
  assert.deepEqual(workflowOf(identity), {
    repository: 'octo-org/shop',
    path: '.github/workflows/release.yml',
    ref: 'refs/tags/v1',
  });
  for (const uri of [
    '',
    'https://github.com/octo-org/shop/.github/workflows/release.yml',
    'https://github.com/octo-org/shop/.github/workflows/release.yml@',
    'https://github.com/octo-org/.github/workflows/release.yml@refs/heads/main',
    'https://evil.example/octo-org/shop/.github/workflows/release.yml@refs/heads/main',
    'https://github.com@evil.example/octo-org/shop/.github/workflows/release.yml@refs/heads/main',
    'xhttps://github.com/octo-org/shop/.github/workflows/release.yml@refs/heads/main',
    'https://github.com/octo-org/shop/.github/workflows/release.yml@refs/heads/main\nx',
  ]) {
    assert.equal(workflowOf(uri), undefined, uri);
  }
});

test('the URL of a repository has two parts', () => {
  assert.equal(repositoryOf('https://github.com/octo-org/shop'), 'octo-org/shop');
  for (const url of [undefined, '', 'https://github.com/', 'https://github.com/octo-org', 'https://github.com/a/b/c']) {
    assert.equal(repositoryOf(url), undefined, url);
  }
});
