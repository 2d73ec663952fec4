import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readActionFile } from '../support/readme.ts';
import {
  asMap,
  asTexts,
  filesIn,
  fileText,
  type Job,
  parseYaml,
  readWorkflows,
  type Step,
} from '../support/workflow-files.ts';

const root = new URL('../../../', import.meta.url);
const workflows = readWorkflows();
const action = readActionFile();

/** Every job with a name for messages. */
const jobs = workflows.flatMap(({ file, jobs: its }) => its.map((job) => ({ where: `${file}, job ${job.id}`, job })));

/** Every step of every job. */
const steps = jobs.flatMap(({ where, job }) =>
  job.steps.map((step) => ({ where: `${where}, ${step.name || step.uses || step.run.trim()}`, step })),
);

function workflow(file: string) {
  const workflowFile = workflows.find((it) => it.file === file);
  assert.ok(workflowFile, `there is no ${file}`);
  return workflowFile;
}

function jobOf(file: string, id: string): Job {
  const job = workflow(file).jobs.find((candidate) => candidate.id === id);
  assert.ok(job, `${file} has no job ${id}`);
  return job;
}

test('there is a workflow for each of the five tasks', () => {
  assert.deepEqual(filesIn('.github/workflows/'), [
    'check-dist.yml',
    'ci.yml',
    'codeql.yml',
    'release.yml',
    'scorecard.yml',
  ]);
});

describe('what a workflow may do', () => {
  for (const { file, raw } of workflows) {
    test(`${file} has a name, grants nothing as a whole, and says what happens to a second run`, () => {
      assert.match(String(raw['name']), /^[A-Z]/);
      assert.deepEqual(raw['permissions'], {});
      const { group, 'cancel-in-progress': cancel } = asMap(raw['concurrency']);
      assert.ok(group, 'no concurrency group');
      assert.ok(cancel, 'concurrency does not say whether to cancel');
    });

    test(`${file} is not started by what a stranger can send with the rights of this repository`, () => {
      const events = Object.keys(asMap(raw['on']));
      assert.ok(events.length > 0);
      const risky = ['pull_request_target', 'workflow_run', 'issue_comment', 'issues'];
      assert.deepEqual(
        events.filter((event) => risky.includes(event)),
        [],
      );
    });
  }

  const mayWrite: Readonly<Record<string, readonly string[]>> = {
    'codeql.yml, job analyze': ['security-events'],
    'scorecard.yml, job analysis': ['security-events', 'id-token'],
    'release.yml, job publish': ['contents', 'id-token', 'attestations'],
  };

  for (const { where, job } of jobs) {
    test(`${where} has a name and no more rights than it needs`, () => {
      assert.ok(job.raw['name'], 'no name');
      const { permissions } = job;
      assert.ok(permissions, 'no permissions');
      for (const right of Object.values(permissions)) assert.match(right, /^(?:read|write)$/);
      const writable = Object.keys(permissions).filter((scope) => permissions[scope] === 'write');
      assert.deepEqual(writable, mayWrite[where] ?? []);
    });

    test(`${where} ends by itself`, () => {
      const minutes = job.raw['timeout-minutes'];
      // GitHub takes no time-out beside a workflow that is called: that one's jobs have their own.
      const called = /^\.\/\.github\/workflows\/(.+)$/.exec(String(job.raw['uses'] ?? ''))?.[1];
      if (called === undefined) assert.match(String(minutes), /^[1-9][0-9]?$/);
      else assert.ok(Object.hasOwn(asMap(workflow(called).raw['on']), 'workflow_call'), `${called} cannot be called`);
    });
  }
});

describe('what a workflow runs', () => {
  test('every action is ours or pinned by its commit, with the version beside it', () => {
    const lines = workflows.flatMap(({ file, text }) =>
      [...text.matchAll(/^ *(?:- )?uses: (.+)$/gm)].map(([, used = '']) => ({ file, used })),
    );
    const used = [...steps.map(({ step }) => step.uses), ...jobs.map(({ job }) => String(job.raw['uses'] ?? ''))];
    assert.equal(lines.length, used.filter((uses) => uses !== '').length, 'some uses is written in another form');
    for (const line of lines) {
      assert.match(
        line.used,
        /^(?:\.\/(?:\.github\/workflows\/.+\.yml)?|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/,
        line.file,
      );
    }
  });

  test('one action has one commit in all workflows, and one version', () => {
    const pins = new Map<string, Set<string>>();
    for (const { text } of workflows) {
      for (const [, owner = '', pin = ''] of text.matchAll(/uses: ([\w-]+\/[\w-]+)[\w/-]*@(.+)$/gm)) {
        pins.set(owner, (pins.get(owner) ?? new Set()).add(pin));
      }
    }
    assert.ok(pins.size >= 6);
    assert.deepEqual(
      [...pins].filter(([, versions]) => versions.size > 1),
      [],
    );
  });

  test('every container image is pinned by its digest, with the version before it', () => {
    const services = jobs.flatMap(({ job }) => Object.values(asMap(job.raw['services'])).map(asMap));
    assert.deepEqual(
      services.map(({ image }) => String(image).replace(/[0-9a-f]{64}$/, 'HEX')),
      ['registry:3.1.1@sha256:HEX'],
    );
    for (const { where, job } of jobs) assert.equal(job.raw['container'], undefined, where);
  });

  test('no checkout leaves its credentials in the work tree', () => {
    const checkouts = steps.filter(({ step }) => step.uses.startsWith('actions/checkout@'));
    assert.ok(checkouts.length >= 8);
    for (const { where, step } of checkouts) assert.equal(step.with['persist-credentials'], 'false', where);
  });

  test('no cache that another run has written is used', () => {
    const setups = steps.filter(({ step }) => step.uses.startsWith('actions/setup-node@'));
    assert.ok(setups.length >= 4);
    for (const { where, step } of setups) assert.equal(step.with['package-manager-cache'], 'false', where);
  });

  for (const { where, step } of steps.filter(({ step: { run } }) => run !== '')) {
    test(`${where}: its script holds no expression`, () => {
      assert.ok(!step.run.includes('${{'), step.run);
    });
  }

  for (const { where, job } of jobs) {
    test(`${where}: every output that is read was set by a step before it`, () => {
      const before = new Map<string, Step>();
      for (const step of job.steps) {
        for (const [, id = '', kind = '', name] of JSON.stringify(step).matchAll(
          /steps\.([\w-]+)\.(\w+)(?:\.([\w-]+))?/g,
        )) {
          const origin = before.get(id);
          assert.ok(origin, `${id} is no step before ${step.name}`);
          if (kind === 'outputs') assert.ok(name !== undefined && setsOutput(origin, name), `${id} sets no ${name}`);
        }
        if (step.id !== '') before.set(step.id, step);
      }
    });
  }

  test('every input that is given to this action is one of its inputs', () => {
    const own = steps.filter(({ step }) => step.uses === './');
    assert.ok(own.length >= 4);
    for (const { where, step } of own) {
      for (const name of Object.keys(step.with)) assert.ok(Object.hasOwn(action.inputs, name), `${where}: ${name}`);
      assert.ok(step.with['image'], where);
    }
  });
});

function setsOutput(step: Step, name: string): boolean {
  return step.uses === './' ? Object.hasOwn(action.outputs, name) : step.run.includes(`echo "${name}=`);
}

describe('the tasks', () => {
  test('CI tests Node 20 and 24 on the three systems, by the command of the README', () => {
    const { raw, steps: its } = jobOf('ci.yml', 'test');
    const { matrix } = asMap(raw['strategy']);
    assert.deepEqual(matrix, { node: ['20', '24'], os: ['ubuntu-latest', 'windows-latest', 'macos-latest'] });
    assert.ok(its.some(({ run }) => run.trim() === 'npm cit'));
  });

  test('CI runs every test once with the real registries and clients, none of which may be missing', () => {
    const { steps: its } = jobOf('ci.yml', 'peers');
    const { env } = its.find(({ run }) => run.trim() === 'npm cit') ?? assert.fail('the tests are not run');
    assert.equal(env['REQUIRE_PEERS'], '1');
    const scripts = its.map(({ run }) => run).join('\n');
    const goPrograms = ['cmd/crane@v', 'cmd/oras@v', 'cmd/cosign@v'];
    for (const program of ['docker-registry', 'skopeo', 'umoci', ...goPrograms, '@github/local-action@']) {
      assert.ok(scripts.includes(program), program);
    }
  });

  test('every output that CI asks this action for is compared in a script, from the environment', () => {
    const readers = steps.filter(({ step }) =>
      Object.values(step.env).some((value) => /steps\..*\.outputs\./.test(value)),
    );
    assert.ok(readers.length >= 4);
    for (const { where, step } of readers) {
      for (const name of Object.keys(step.env)) assert.ok(step.run.includes(name), `${where} ignores ${name}`);
    }
  });

  test('dist is compared with a fresh build, new files included', () => {
    const { steps: its } = jobOf('check-dist.yml', 'dist');
    const scripts = its.map(({ run }) => run.trim());
    assert.deepEqual(scripts.slice(2, 4), ['npm ci', 'npm run build']);
    assert.ok(scripts[4]?.startsWith('changed=$(git status --porcelain dist)'), scripts[4]);
  });

  test('a release needs the tag, dist and the full suite to be right', () => {
    assert.deepEqual(asTexts(jobOf('release.yml', 'publish').raw['needs']), ['tag', 'dist', 'suite']);
    assert.equal(jobOf('release.yml', 'dist').raw['uses'], './.github/workflows/check-dist.yml');
    assert.equal(jobOf('release.yml', 'suite').raw['uses'], './.github/workflows/ci.yml');
  });

  test('the job that may write installs nothing', () => {
    const scripts = jobOf('release.yml', 'publish').steps.map(({ run }) => run);
    for (const script of scripts) assert.doesNotMatch(script, /npm (?:ci|install|cit|test|run)|npx|curl|wget/);
  });

  test('a release is drafted with its assets, attested, before it is published; the major tag moves last', () => {
    const names = jobOf('release.yml', 'publish').steps.map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => name !== ''),
      [
        'Make the assets and the notes',
        'Attest where the assets come from',
        'Attest what they are made of',
        'Expect that a release cannot be changed, as far as this token can tell',
        'Draft the release with its assets',
        'Publish it',
        'Move the major tag',
      ],
    );
  });

  test('the token that may write is in the environment of those steps alone whose script calls gh', () => {
    const { raw, steps: its } = jobOf('release.yml', 'publish');
    assert.deepEqual(Object.keys(asMap(raw['env'])), ['TAG']);
    assert.equal(workflow('release.yml').raw['env'], undefined);
    for (const { name, env, run } of its) {
      assert.equal(env['GH_TOKEN'] !== undefined, /\bgh /.test(run), name);
      assert.doesNotMatch(JSON.stringify({ ...env, GH_TOKEN: '' }), /github\.token|secrets\./, name);
    }
  });

  test('a release is made of the commit that started the run, and attests all of its assets that are code', () => {
    for (const id of ['tag', 'publish']) {
      const [checkout] = jobOf('release.yml', id).steps;
      assert.equal(checkout?.with['ref'], `$${'{{ github.sha }}'}`);
    }
    const subjects = jobOf('release.yml', 'publish').steps.flatMap((step) => step.with['subject-path'] ?? []);
    assert.equal(subjects.length, 2);
    for (const subject of subjects) {
      assert.deepEqual(subject.trim().split('\n'), [
        'assets/index.js',
        `assets/image-digests-$${'{{ github.ref_name }}'}-dist.tar.gz`,
        `assets/image-digests-$${'{{ github.ref_name }}'}.tar.gz`,
      ]);
    }
  });

  test('the job that publishes the score has only the steps that its service takes', () => {
    const { raw } = workflow('scorecard.yml');
    assert.deepEqual([raw['env'], raw['defaults']], [undefined, undefined]);
    const allowed =
      /^(?:actions\/checkout|actions\/upload-artifact|ossf\/scorecard-action|github\/codeql-action\/upload-sarif)@/;
    for (const { uses } of jobOf('scorecard.yml', 'analysis').steps) assert.match(uses, allowed);
  });
});

describe('what GitHub reads besides', () => {
  test('action.yml has what the Marketplace wants, and an entry that exists', () => {
    const file = asMap(parseYaml(fileText('action.yml')));
    assert.ok(file['name']);
    assert.match(String(file['description']), /^.{20,124}$/);
    const { icon, color } = asMap(file['branding']);
    assert.match(String(icon), /^[a-z]+(?:-[a-z0-9]+)*$/);
    assert.ok(
      ['white', 'black', 'yellow', 'blue', 'green', 'orange', 'red', 'purple', 'gray-dark'].includes(String(color)),
    );
    const { using, main } = asMap(file['runs']);
    assert.equal(using, 'node24');
    assert.ok(existsSync(fileURLToPath(new URL(String(main), root))));
  });

  for (const section of ['inputs', 'outputs'] as const) {
    test(`action-types.yml gives a type to exactly the ${section} of action.yml`, () => {
      const types = readTypes(section);
      assert.deepEqual([...types.keys()], Object.keys(action[section]));
      for (const [name, type] of types) {
        assert.match(
          type,
          /^\{ type: (?:string|boolean|integer|list, separator: "\\n", list-item: \{ type: string \}) \}$/,
          name,
        );
      }
    });
  }

  test('an input is of type boolean where its default is one, and nowhere else', () => {
    const booleans = [...readTypes('inputs')].filter(([, type]) => type === '{ type: boolean }').map(([name]) => name);
    const byDefault = Object.entries(action.inputs).filter(([, { default: value }]) =>
      /^(?:true|false)$/.test(value ?? ''),
    );
    assert.deepEqual(
      booleans,
      byDefault.map(([name]) => name),
    );
  });

  test('an output is of type boolean where its description says true or false, and of type integer where it is a size', () => {
    for (const [name, type] of readTypes('outputs')) {
      const isBoolean = /^Whether /.test(action.outputs[name]?.description ?? '');
      const expected = isBoolean ? 'boolean' : name === 'size' ? 'integer' : 'string';
      assert.equal(type, `{ type: ${expected} }`, name);
    }
  });

  test('dependabot looks at npm and at the workflows, waits a week, and groups what it finds', () => {
    const [head = '', ...entries] = fileText('.github/dependabot.yml').split(/^ {2}- /m);
    assert.match(head, /^version: 2\nupdates:\n$/);
    assert.deepEqual(
      entries.map((entry) => /^package-ecosystem: (\S+)$/m.exec(entry)?.[1]),
      ['npm', 'github-actions'],
    );
    for (const entry of entries) {
      assert.match(entry, /^ {4}directory: \/$/m);
      assert.match(entry, /^ {4}schedule:\n {6}interval: (?:weekly|monthly)$/m);
      assert.match(entry, /^ {4}cooldown:\n {6}default-days: (?:[7-9]|[1-9]\d)$/m);
      assert.match(entry, /^ {4}groups:\n {6}\S+:\n {8}\S/m);
    }
  });

  const forms = filesIn('.github/ISSUE_TEMPLATE/').filter((file) => file !== 'config.yml');

  for (const form of forms) {
    test(`the issue form ${form} asks with a label, and each thing once`, () => {
      const { name, description, body } = asMap(parseYaml(fileText(`.github/ISSUE_TEMPLATE/${form}`)));
      assert.ok(name && description);
      assert.ok(Array.isArray(body));
      const fields = body.map(asMap).filter(({ type }) => type !== 'markdown');
      assert.ok(fields.length > 0);
      for (const { type, id, attributes } of fields) {
        assert.match(String(type), /^(?:textarea|input|dropdown|checkboxes)$/);
        assert.match(String(id), /^[a-z][a-z-]*$/);
        assert.ok(asMap(attributes)['label'], String(id));
      }
      assert.equal(new Set(fields.map(({ id }) => id)).size, fields.length);
    });
  }

  test('there are issue forms, and no issue without one', () => {
    assert.ok(forms.length >= 2);
    assert.equal(asMap(parseYaml(fileText('.github/ISSUE_TEMPLATE/config.yml')))['blank_issues_enabled'], 'false');
  });
});

/** The types of action-types.yml, each as it is written: flow maps, which the reader of YAML leaves out. */
function readTypes(section: 'inputs' | 'outputs'): Map<string, string> {
  const text =
    fileText('action-types.yml')
      .split(new RegExp(`^${section}:\n`, 'm'))[1]
      ?.split(/^\S/m)[0] ?? '';
  return new Map(
    text
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [, name, type] = /^ {2}([a-z-]+): (.+)$/.exec(line) ?? assert.fail(`not a type: ${line}`);
        return [name ?? '', type ?? ''];
      }),
  );
}
