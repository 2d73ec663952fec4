// A certificate authority of an hour's use: made by openssl, trusted by nobody but what the benchmark starts.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes an authority and one certificate for all `names` in `folder`; gives back key, chain and the authority's file. */
export function makeCertificates(folder, names) {
  const file = (name) => join(folder, name);
  const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-subj', '/CN=bench CA', '-keyout', file('ca.key'), '-out', file('ca.pem'));
  openssl('req', ...key.slice(0, 5), '-subj', '/CN=bench', '-keyout', file('key.pem'), '-out', file('request.pem'));
  writeFileSync(file('names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
  const signing = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-extfile', file('names')];
  openssl('x509', '-req', '-in', file('request.pem'), ...signing, '-days', '2', '-out', file('cert.pem'));
  const read = (name) => readFileSync(file(name), 'utf8');
  return { key: read('key.pem'), cert: read('cert.pem'), authority: file('ca.pem') };
}
