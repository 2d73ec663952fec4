import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Key and certificate in PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

export interface Authority {
  /** The file to give to `NODE_EXTRA_CA_CERTS`. */
  readonly file: string;
  /**
   * Makes a certificate.
   *
   * @param names what follows `subjectAltName=`: `IP:127.0.0.1`, `DNS:example.org`
   * @param validity from and to, as `openssl ca` takes them: `20000101000000Z`
   */
  issue(names: string, validity?: readonly [string, string]): Promise<Identity>;
}

/** A certificate authority of a test's own, made with openssl. */
export async function makeAuthority(): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'image-digests-tls-'));
  const at = (name: string) => join(folder, name);
  await writeFile(at('index.txt'), '');
  await writeFile(
    at('ca.cnf'),
    `[ca]\ndefault_ca=it\n[it]\ndatabase=${at('index.txt')}\nnew_certs_dir=${folder}\nrand_serial=yes\npolicy=any\n` +
      'default_md=sha256\nunique_subject=no\nemail_in_dn=no\n[any]\ncommonName=optional\n',
  );
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', [
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-subj',
    '/CN=test authority',
    '-days',
    '30',
  ]);
  let count = 0;
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other: `openssl ca` keeps a file of all that it did. */
  const inTurn = (names: string, [from, to]: readonly [string, string]): Promise<Identity> => {
    const next = last.then(() => sign(names, from, to));
    last = next.catch(() => undefined);
    return next;
  };
  const sign = async (names: string, from: string, to: string): Promise<Identity> => {
    count += 1;
    const [key, request, cert, extensions] = ['key', 'csr', 'pem', 'ext'].map((end) => at(`${count}.${end}`)) as [
      string,
      string,
      string,
      string,
    ];
    await writeFile(extensions, `subjectAltName=${names.replaceAll('#', '\\#')}\n`);
    await run('openssl', ['req', '-new', ...newKey, '-keyout', key, '-out', request, '-subj', '/CN=registry']);
    await run('openssl', [
      ...['ca', '-batch', '-notext', '-config', at('ca.cnf'), '-keyfile', at('ca.key'), '-cert', at('ca.pem')],
      ...['-in', request, '-out', cert, '-extfile', extensions, '-startdate', from, '-enddate', to],
    ]);
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  };
  return {
    file: at('ca.pem'),
    issue: (names, validity = ['20200101000000Z', '20490101000000Z']) => inTurn(names, validity),
  };
}
