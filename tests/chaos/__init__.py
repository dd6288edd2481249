"""The herd as real processes, with everything failing: what no simulation of it can leave out."""
