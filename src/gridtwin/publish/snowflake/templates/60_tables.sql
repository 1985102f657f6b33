-- What gridtwin itself brings: the network and its topology, and what it worked out.
--
-- Tables of the network are replaced whole, in one transaction; results are added by run.

USE ROLE {{ loader }};

{{ tables }}
