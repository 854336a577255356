/** The sentences of the report on live nodes, in Dutch and in English. */

export const LIVE_TEXTS = {
  question: { nl: 'De vraag', en: 'The question' },
  short: { nl: 'In het kort', en: 'In short' },
  origin: {
    nl: 'De cijfers komen van de nodes van de deelnemers zelf, uit rondes onder het convenant dat zij tekenden. Geen enkele identificator heeft een node verlaten: wat hier staat, zijn aantallen die het convenant laat zien.',
    en: 'The figures come from the nodes of the partners themselves, from rounds under the convenant that they signed. No identifier has left a node: what stands here are counts that the convenant shows.',
  },
  partner: { nl: 'deelnemer', en: 'partner' },
  sector: { nl: 'sector', en: 'sector' },
  rule: { nl: 'regel', en: 'rule' },
  over: { nl: 'Hoeveel komt er boven de drempel?', en: 'How much comes over the threshold?' },
  size: { nl: 'boven de drempel', en: 'over the threshold' },
  sizeAxis: {
    nl: 'identificatoren boven de drempel (aantal)',
    en: 'identifiers over the threshold (number)',
  },
  sizeCaption: {
    nl: 'De lengte van de drempellijst, die elke deelnemer ziet. Van regels waarbij alleen melders iets horen, bestaat zo’n getal niet.',
    en: 'The length of the threshold list, which every partner sees. Of rules that tell flaggers alone there is no such number.',
  },
  ownersOnly: {
    nl: 'niemand ziet dit; elke deelnemer kent alleen de eigen meldingen',
    en: 'nobody sees this; each partner knows of its own flags alone',
  },
  figures: { nl: 'De cijfers', en: 'The figures' },
  own: {
    nl: 'Wat ziet elke deelnemer van de eigen meldingen?',
    en: 'What does each partner see of its own flags?',
  },
  ownIntro: {
    nl: 'Elke deelnemer kent dit van zichzelf en toont hier alleen het aantal. Een hoog percentage zegt dat anderen hetzelfde zien; het zegt niet wie.',
    en: 'Each partner knows this of itself and shows only the number here. A high percentage says that others see the same; it does not say who.',
  },
  flags: { nl: 'eigen meldingen', en: 'own flags' },
  ownOver: { nl: 'daarvan erboven', en: 'of these over' },
  notAsked: { nl: 'niet gevraagd aan deze node', en: 'this node was not asked' },
  notMeasured: { nl: 'niet gemeten', en: 'not measured' },
  counts: { nl: 'Hoeveel hebben deelnemers gemeen?', en: 'How much do partners have in common?' },
  holders: { nl: 'aantal deelnemers dat meldde', en: 'number of partners that flagged' },
  pairs: { nl: 'Per tweetal', en: 'By pair' },
  pair: { nl: 'twee deelnemers', en: 'two partners' },
  number: { nl: 'identificatoren', en: 'identifiers' },
  closed: { nl: 'dicht', en: 'closed' },
  cost: { nl: 'Wat kostte het?', en: 'What did it cost?' },
  round: { nl: 'Ronde', en: 'Round' },
  took: { nl: 'Aan de ronde deden mee', en: 'The round was of' },
  leftOut: { nl: 'Buiten de ronde gelaten', en: 'Left out of the round' },
  sent: {
    nl: 'verstuurd aan andere nodes in die tijd (MB)',
    en: 'sent to other nodes in that time (MB)',
  },
  unknown: { nl: 'Wat deze cijfers niet zeggen', en: 'What these figures do not say' },
  unknownIntro: {
    nl: 'Een proef op verzonnen gegevens weet wie de dader is. Echte nodes weten dat niet, en het convenant laat met opzet niet meer zien dan hierboven staat. Daarom staan hier geen cijfers voor:',
    en: 'An experiment on made-up data knows who the offender is. Real nodes do not, and the convenant by intent shows no more than stands above. So there are no figures here for:',
  },
  unknowns: [
    {
      nl: 'Het gevonden deel van de fraude. Niemand weet hoeveel fraude er was, en dus ook niet welk deel boven de drempel komt. Wel te meten: hoe vaak onderzoek een treffer bevestigt; de nodes tellen dat als medewerkers hun uitkomst invullen.',
      en: 'The part of the fraud that is found. Nobody knows how much fraud there was, and so not which part of it comes over the threshold. What can be measured is how often an inquiry confirms a hit; nodes count that where staff tell them the outcome.',
    },
    {
      nl: 'Ten onrechte getroffen mensen, en hoeveel katvangers of slachtoffers van identiteitsfraude daarbij zijn. Van wie een identificator is, weet alleen wie hem meldde. Dat twee deelnemers hetzelfde melden, maakt het niet waar.',
      en: 'People who are wrongly hit, and how many money mules or victims of identity fraud are among them. Whose an identifier is, is known to its flagger alone. That two partners flag the same does not make it true.',
    },
    {
      nl: 'Tijdwinst. Een ronde zegt dat de drempel gehaald is, niet wanneer iemand voor het eerst meldde.',
      en: 'Time gained. A round says that the threshold is reached, not when anyone flagged first.',
    },
    {
      nl: 'Wat alles op één hoop zou vinden, en wat elke deelnemer daaraan toevoegt (de Shapley-waarde): daarvoor moet men weten wie wat meldde, en dat is precies wat niet gedeeld wordt.',
      en: 'What everything on one heap would find, and what each partner adds to that (the Shapley value): that takes knowing who flagged what, which is just what is not shared.',
    },
    {
      nl: 'Of lijsten zijn overgenomen. Een grote overlap van twee deelnemers kan overnemen zijn of goed kijken; vraag het na.',
      en: 'Whether lists were taken over. A large overlap of two partners may be copying or looking well; ask them.',
    },
  ],
  made: { nl: 'Hoe dit gemaakt is', en: 'How this was made' },
  convenant: { nl: 'Convenant', en: 'Convenant' },
  version: { nl: 'versie', en: 'version' },
  digest: { nl: 'SHA-256 van de proef', en: 'SHA-256 of the experiment' },
} as const
