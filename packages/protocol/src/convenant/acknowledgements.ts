/** What a convenant's acknowledgements say. A signer of `true` signs the sentence; tools show it in full. */

import type { Convenant, Text } from './schema.ts'

export const ACKNOWLEDGEMENTS: Readonly<Record<keyof Convenant['acknowledgements'], Text>> = {
  semiHonestList: {
    nl: 'Wij weten dat de ronde tegen één rekennode beschermt die het protocol volgt maar meekijkt; één rekennode die ervan afwijkt, kan gezouten sleutels onder de drempel laten openen of de uitkomst bederven, en wij aanvaarden dat.',
    en: 'We know that the round protects against one compute node that follows the protocol but watches; one compute node that deviates can have salted keys below the threshold opened or spoil the result, and we accept that.',
  },
  severalThresholds: {
    nl: 'Wij weten dat twee drempels voor één soort gegeven verraden of het aantal partijen dat een identificator meldde, tussen beide drempels ligt, en wij aanvaarden dat.',
    en: 'We know that two thresholds for one kind of identifier reveal whether the number of members that flagged it lies between the two, and we accept that.',
  },
  contributorsMayChange: {
    nl: 'Wij weten dat een ronde met andere deelnemers dan de vorige, door vergelijking van de twee lijsten, kan verraden wat de nieuwe of de ontbrekende deelnemer gemeld had, en wij aanvaarden dat.',
    en: 'We know that a round with other contributors than the last can reveal, when the two lists are compared, what the new or the missing contributor had flagged, and we accept that.',
  },
}
