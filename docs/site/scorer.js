// Sphinx's own weights; but of two pages that weigh the same, the record of a decision comes later.
var Scorer = {
  score: ([page, , , , score]) => (page.startsWith("docs/adr/") ? score - 1 : score),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
