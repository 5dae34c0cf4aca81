# Kriging with gstat, timed inside R: predict() alone, user and system time of this process.
# Arguments: folder with samples.bin (x, y, z, v), targets.bin (x, y, z), job.csv; answers go there.
suppressMessages({library(gstat); library(sp)})
folder <- commandArgs(trailingOnly = TRUE)[1]
job <- read.csv(file.path(folder, "job.csv"))
read_rows <- function(name, columns) {
  path <- file.path(folder, name)
  numbers <- readBin(path, "double", file.size(path) / 8)
  rows <- as.data.frame(matrix(numbers, ncol = length(columns), byrow = TRUE))
  names(rows) <- columns
  coordinates(rows) <- ~ x + y + z
  rows
}
samples <- read_rows("samples.bin", c("x", "y", "z", "v"))
targets <- read_rows("targets.bin", c("x", "y", "z"))
model <- vgm(job$sill, "Sph", job$major, job$nugget,
             anis = c(job$azimuth, job$dip, 0, job$semi / job$major, job$minor / job$major))
# nblockdiscr: regular points, as every other engine here; gstat's own choice is Gauss quadrature
blocks <- job$discretisation > 1
g <- gstat(NULL, "v", v ~ 1, samples, model = model, nmax = job$neighbours,
           set = if (blocks) list(nblockdiscr = job$discretisation) else list())
block <- if (blocks) c(job$dx, job$dy, job$dz) else numeric(0)
timed <- function(where) {
  began <- proc.time()
  found <- predict(g, where, block = block, debug.level = 0)
  took <- proc.time() - began
  list(found = found, cpu = sum(took[1:2]), wall = took[[3]])
}
runs <- lapply(seq_len(job$repeats), function(i) timed(targets))
peak <- NA
if (file.exists("/proc/self/status")) {
  line <- grep("^VmHWM", readLines("/proc/self/status"), value = TRUE)
  peak <- as.numeric(gsub("[^0-9]", "", line)) / 1024
}
answer <- c(runs[[1]]$found$v.pred, runs[[1]]$found$v.var)
writeBin(answer, file.path(folder, "answer.bin"))
times <- data.frame(cpu = sapply(runs, `[[`, "cpu"), wall = sapply(runs, `[[`, "wall"),
                    peak = peak)
write.csv(times, file.path(folder, "times.csv"), row.names = FALSE)
