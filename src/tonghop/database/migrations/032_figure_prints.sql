-- Prints of figures are hashes of another kind once more: those in view are made again at the next judgement.

drop table if exists warehouse.int_figure_prints;
