import { ActionError } from '../error.ts';
import { parseReference } from '../oci/reference.ts';
import type { RegistrySource } from '../oci/source.ts';
import type { PlatformImage, ResolvedImage } from './resolved-image.ts';

/** The annotation, or label, by which an image names the one that it was built on. */
const baseNameKey = 'org.opencontainers.image.base.name';

/** The base that an image names, and whether only a label does, which an image inherits from its base. */
export interface NamedBase {
  readonly source: RegistrySource;
  readonly isFromLabel: boolean;
}

/**
 * The base image that a platform's image names itself: by its manifest, its entry in the index, the index, or a label of
 * its config, in this order. It is a reference on a registry, never a layout.
 *
 * @throws ActionError `invalid-input` where it names none, or none that can be used
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys
 */
export function namedBase({ indexAnnotations }: ResolvedImage, entry: PlatformImage): NamedBase {
  const annotations = [entry.manifest.annotations, entry.entryAnnotations, indexAnnotations];
  const annotated = annotations.map((map) => map[baseNameKey]).find((name) => name);
  const name = annotated ?? entry.config?.content?.labels[baseNameKey];
  if (!name) {
    throw new ActionError('invalid-input', `base-image is auto, but the image has no ${baseNameKey}.`, {
      advice: 'Write the name of the base image into base-image, or annotate the image when it is built.',
    });
  }
  try {
    return { source: { kind: 'registry', reference: parseReference(name) }, isFromLabel: annotated === undefined };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    throw new ActionError('invalid-input', `base-image is auto, but the ${baseNameKey} of the image cannot be used.`, {
      remoteMessage: name,
      advice: 'Write the name of the base image into base-image, or annotate the image rightly when it is built.',
    });
  }
}
