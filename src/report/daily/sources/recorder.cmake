# Own data: without the network that the other sources need.
wemol_layer(wemol_daily_recorder
  SOURCES recorder_source.cpp
  SEES wemol_daily_figures wemol_store
  USES wemol_base fmt::fmt)
