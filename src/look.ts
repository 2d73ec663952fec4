import type { Subject } from './compare.ts';
import { checkGates } from './gates.ts';
import { type Image, loadImage } from './image.ts';
import type { AskedImage, Inputs } from './inputs.ts';
import { ActionError } from './oci/action-error.ts';
import { normalise, type Platform } from './oci/platform.ts';
import { badBlob, type RegistryClient } from './registry/client.ts';
import type { Look } from './registry/reach.ts';
import { type Resolver, resolverFor } from './resolve.ts';

/** An image that was found, with the platforms that were asked for, all gates holding. */
export interface Found {
  readonly image: Image;
  /** What the image offers, as it writes it. */
  readonly platforms: readonly string[];
  /** One for each platform, in the order asked. */
  readonly subjects: readonly Subject[];
}

/** By what an image without a platform is compared: it matches only another without. */
const noPlatform: Platform = { os: '', architecture: '', variant: '', osVersion: '', osFeatures: [] };

/**
 * A look at one image, to be taken again and again. While HEAD shows that nothing has changed, a later look repeats
 * what the first one found, at the cost of no pull.
 */
export function lookFor(asked: AskedImage, inputs: Inputs, client: RegistryClient): (look: Look) => Promise<Found> {
  let seen: { image: Image | undefined; error: unknown } | undefined;

  return async (look) => {
    const known = seen && (await repeated(seen, asked, client, look));
    let image: Image | undefined;
    try {
      image = known ?? (await loadImage(asked.reference, client, look));
      return await examine(image, inputs, client, look);
    } catch (error) {
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
async function repeated(
  seen: { image: Image | undefined; error: unknown },
  { reference }: AskedImage,
  client: RegistryClient,
  look: Look,
): Promise<Image | undefined> {
  const head = await client.head(reference, look);
  if (!head.exists) {
    if (seen.image === undefined) throw seen.error;
    return undefined;
  }
  if (head.digest === undefined || head.digest !== seen.image?.digest) return undefined;
  const mayMend = seen.error instanceof ActionError && seen.error.reason === badBlob;
  if (!mayMend) throw seen.error;
  return seen.image;
}

/** A config that the registry lacks is a blob that verify-blobs asks for, although it was missed before that. */
function asGate(error: unknown): unknown {
  if (!(error instanceof ActionError) || error.reason !== badBlob) return error;
  return error.with({ code: 'gate-failed', message: `verify-blobs does not hold: ${error.message}` });
}

async function examine(image: Image, inputs: Inputs, client: RegistryClient, look: Look): Promise<Found> {
  const resolver = resolverFor(image, client, look);
  const subjects = await resolveAsked(inputs, resolver);
  const resolutions = subjects.map(({ resolution }) => resolution);
  await checkGates(inputs.gates, image, resolver, resolutions, client, look);
  return { image, platforms: resolver.platforms(), subjects };
}

/** What to look for in another image in the place of a platform of this one: only of Windows there are several versions. */
function counterpart(platform: Platform): Platform {
  const asked = normalise(platform);
  return { ...asked, osFeatures: [], osVersion: asked.os === 'windows' ? asked.osVersion : '' };
}

async function resolveAsked({ platforms, inspect }: Inputs, resolver: Resolver): Promise<Subject[]> {
  if (platforms !== 'all') {
    return Promise.all(platforms.map(async (asked) => ({ asked, resolution: await resolver.resolve(asked, inspect) })));
  }
  const all = await resolver.resolveAll(inspect);
  return all.map((resolution) => ({
    asked: resolution.platform === undefined ? noPlatform : counterpart(resolution.platform),
    resolution,
  }));
}
