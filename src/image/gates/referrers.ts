import type { Gate } from './gate.ts';

/** `require-referrers`: something of each of these artifact or predicate types refers to the image. */
export function referrersGate(types: readonly string[]): Gate {
  return {
    input: 'require-referrers',
    referrerTypes: types,
    async judge(subject) {
      const { referrers, errors, overflow } = await subject.referrers();
      const [error] = errors;
      if (error !== undefined) throw error;
      const present = new Set(
        referrers.flatMap(({ artifactType, predicateTypes }) => [artifactType, ...predicateTypes]),
      );
      const missing = types.filter((type) => !present.has(type));
      if (missing.length > 0 && overflow !== undefined) throw overflow;
      const offered = [...present].slice(0, 20).join(', ') || 'nothing';
      return {
        faults: missing.map(
          (type, at) =>
            `nothing of the type ${type} refers to the image${at === missing.length - 1 ? `; there is ${offered}` : ''}`,
        ),
        evidence: `${types.join(', ')} refer to the image (this is no proof of who made them)`,
        advice: 'Attach it to the image, or check its type. Attestations often come some seconds after the push.',
        cause: 'missing-referrer',
      };
    },
  };
}
