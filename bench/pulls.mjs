// Counts what Docker Hub counts: GETs of manifests, by use.
import { errorAnswer } from '../demo/registry.mjs';
import { invocation } from './contenders.mjs';
import { runOnce } from './measure.mjs';
import { repositories, shapes } from './shapes.mjs';

const hub = shapes.find(({ name }) => name === 'hub');
const [one, other] = repositories;
const named = (repository) => `docker.io/${repository}:1`;

/**
 * Each use with what cannot be had for less. A GET that is answered with 404 is no pull, and is not counted; neither is
 * a HEAD.
 */
const uses = [
  { name: 'resolve one platform', least: 2, why: 'the index, its manifest' },
  { name: 'resolve by digest', least: 2, why: 'the same', inputs: ({ index }) => ({ image: `${one}@${index}` }) },
  { name: 'resolve three platforms', least: 4, why: 'the index, three manifests', inputs: () => threePlatforms },
  { name: 'resolve, with `inspect`', least: 2, why: 'a config is a blob', inputs: () => ({ inspect: 'true' }) },
  { name: '`compare-with` the same', least: 2, why: 'HEAD tells', inputs: () => ({ 'compare-with': named(one) }) },
  { name: '`compare-with` another', least: 4, why: 'two of each', inputs: () => ({ 'compare-with': named(other) }) },
  { name: '`base-image`', least: 4, why: 'two of each', inputs: () => ({ 'base-image': named(other) }) },
  { name: 'wait for a tag, three looks', least: 2, why: 'as without a wait', appearsAfter: 3 },
];
const threePlatforms = { platform: 'linux/amd64,linux/arm64,linux/s390x' };

/** Runs every use once, on Docker Hub's shape. Gives GETs and HEADs of manifests for each. */
export async function countPulls(world, images) {
  const rows = [];
  for (const { name, least, why, inputs, appearsAfter } of uses) {
    const { registry } = world;
    const start = invocation(contenderOfOurs, hub, [one], world);
    const more = inputs?.(images.get(one)) ?? {};
    if (appearsAfter !== undefined) hideUntil(registry, appearsAfter, more);
    for (const [input, value] of Object.entries(more)) start.env[`INPUT_${input.toUpperCase()}`] = value;
    registry.seen.length = 0;
    await runOnce(start);
    const manifests = registry.seen.filter(({ url, status }) => url.includes('/manifests/') && status === 200);
    const gets = manifests.filter(({ method }) => method === 'GET').length;
    rows.push({ name, gets, heads: manifests.length - gets, least, why });
  }
  return rows;
}

const contenderOfOurs = { isOurs: true };

function hideUntil(registry, looks, inputs) {
  let left = looks - 1;
  registry.fault = ({ method, url, headers }, response) => {
    if (url !== `/v2/${one}/manifests/1` || headers.authorization === undefined || left === 0) return false;
    // A look that finds none by HEAD asks by GET as well.
    if (method === 'GET') left -= 1;
    errorAnswer(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    return true;
  };
  Object.assign(inputs, { 'wait-timeout': '1m', 'wait-interval': '1s' });
}
